"""Wheels of packages that are installed here, so that an environment can be made without an index."""

import zipfile
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement


def make_wheels(folder: Path, *names: str) -> Path:
    """The folder, with a wheel of each package and of all that it requires: what is installed, without programs."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _with_requirements(names):
        package = distribution(name)
        files = [file for file in package.files or () if ".." not in file.parts and "__pycache__" not in file.parts]
        with zipfile.ZipFile(folder / f"{name.replace('-', '_')}-{package.version}-py3-none-any.whl", "w") as wheel:
            for file in files:
                wheel.write(Path(str(file.locate())), str(file))
    return folder


def _with_requirements(names: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            required = map(Requirement, distribution(name).requires or ())
            waiting += [each.name for each in required if not each.marker or each.marker.evaluate({"extra": ""})]
    return found
