"""What a build newly wrote into a tree, kept in a folder that later lies beneath the tree (`SandboxSpec.build_output`).

A generated version file or a module that is compiled in place would else be gone with the layer of the run that
made it. Only plain files are kept: a link would lead whoever reads it out of the folder.
"""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

_BY_PRODUCTS = ("__pycache__", ".egg-info", ".dist-info")
_BUILD_FOLDERS = ("build", "dist")
"""Of a builder, unless it is a package of that name."""


def keep_new(written: Path, tree: Path, under: Path) -> None:
    """Moves what lies below `written` and is not in the tree to `under`. Blocking."""
    for path in _new(written, tree):
        with contextlib.suppress(OSError):
            (under / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(written / path, under / path)


def lay_beneath(under: Path, copy: Path) -> None:
    """Copies what lies below `under` to the same place in `copy`, where that has nothing there. Blocking."""
    for path in _new(under, copy):
        with contextlib.suppress(OSError):
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(under / path, copy / path)


def _new(source: Path, tree: Path) -> Iterator[Path]:
    """Relative paths. A folder that cannot be read counts as empty."""
    for folder, folders, files in os.walk(source):
        folders[:] = [name for name in folders if not _is_by_product(Path(folder, name))]
        for name in files:
            path = Path(folder, name)
            place = path.relative_to(source)
            if stat.S_ISREG(path.lstat().st_mode) and not os.path.lexists(tree / place):
                yield place


def _is_by_product(folder: Path) -> bool:
    if folder.name in _BUILD_FOLDERS:
        return not (folder / "__init__.py").is_file()
    return folder.name.startswith(".") or folder.name.endswith(_BY_PRODUCTS)
