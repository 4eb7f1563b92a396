"""Wheels of packages that are installed here, so that an environment can be made without an index."""

import zipfile
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement


def make_wheels(folder: Path, *names: str) -> Path:
    """The folder, with a wheel of each package and of all that it requires: what is installed, without programs."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # whatever the umask is: the sandbox's user reads it
    for name in _with_requirements(names):
        package = distribution(name)
        files = [file for file in package.files or () if ".." not in file.parts and "__pycache__" not in file.parts]
        path = folder / f"{name.replace('-', '_')}-{package.version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            for file in files:
                wheel.write(Path(str(file.locate())), str(file))
        path.chmod(0o644)
    return folder


def write_wheel(
    folder: Path, name: str, version: str, files: Mapping[str, str] | None = None, requires: str = ""
) -> None:
    """A wheel of a package that only exists here; `files` may add to its metadata."""
    needed = f"Requires-Dist: {requires}\n" if requires else ""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        for path, text in (files or {}).items():
            wheel.writestr(path, text)
        wheel.writestr(f"{info}/RECORD", "")


def _with_requirements(names: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            required = map(Requirement, distribution(name).requires or ())
            waiting += [each.name for each in required if not each.marker or each.marker.evaluate({"extra": ""})]
    return found
