"""Where a path in a stranger's tree really leads."""

import os
from pathlib import Path


def leads_inside(path: Path, root: Path) -> bool:
    """Whether every link on the way stays below `root`. One that leads in a circle does, since nothing can be read
    there (`Path.resolve` raises a RuntimeError for it until Python 3.12)."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))
