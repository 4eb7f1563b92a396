"""A private copy of a checkout, for where its writes cannot go to a layer of their own."""

import subprocess
import sys
from pathlib import Path

from activities.sandbox.supervisor import NeverBegan


def copy(tree: Path, to: Path) -> None:
    """Copies links as links, and blocks by reference where the file system can. Blocking.

    Never hard links: a command that writes into a file would write into the checkout.
    """
    share = ["--reflink=auto"] if sys.platform == "linux" else []
    done = subprocess.run(["cp", "-a", *share, "--", f"{tree}/.", to], capture_output=True, check=False)
    if done.returncode:
        raise NeverBegan(f"The checkout could not be copied: {done.stderr.decode(errors='replace').strip()}")
