"""What is installed in a Python environment, read from its metadata on the host: no Python of it is started."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.utils import canonicalize_name

from activities.tooling import Workbench
from activities.untrusted_files import UntrustedFileError, UntrustedFolder

_INFO = re.compile(r"(?P<name>.+?)-(?P<version>[^-\s]+)(?:-py[\d.]+)?\.(?:dist|egg)-info")
_LARGEST = 100_000


@dataclass(frozen=True)
class Distribution:
    """One installed package. `direct`: it came from a folder or an address, not from an index; `editable`: from a
    folder that it still reads."""

    name: str
    version: str
    direct: bool = False
    editable: bool = False


def installed(env_root: Path) -> dict[str, Distribution]:
    """Canonical name → what is installed of it."""
    environment = UntrustedFolder(env_root)
    found: dict[str, Distribution] = {}
    for folder in _site_packages(environment):
        for info in environment.names(folder):
            if match := _INFO.fullmatch(info):
                name = canonicalize_name(match["name"])
                found[name] = Distribution(name, match["version"], *_origin(environment, f"{folder}/{info}"))
    return found


def paths_to(env_root: Path, folder: str) -> tuple[str, ...]:
    """What the environment's `.pth` files put on the path that is the folder or lies below it: editable projects."""
    environment = UntrustedFolder(env_root)
    lines: list[str] = []
    for place in _site_packages(environment):
        for name in environment.names(place):
            if name.endswith(".pth"):
                with suppress(UntrustedFileError):
                    lines += environment.read_text(f"{place}/{name}", _LARGEST).splitlines()
    stripped = (line.strip() for line in lines)
    return tuple(line for line in stripped if line == folder or line.startswith(folder + "/"))


def _site_packages(environment: UntrustedFolder) -> list[str]:
    return [f"lib/{name}/site-packages" for name in environment.names("lib") if name.startswith("python3")]


def version_of(bench: Workbench, package: str, program: str) -> str:
    """The version of the program that `bench.executable(program)` names; "" where it is nowhere installed."""
    environment = bench.own_environment(program)
    if bench.env_root is None or environment is None:
        return our_version(package)
    found = installed(bench.env_root / environment).get(canonicalize_name(package))
    return found.version if found else ""


@cache
def our_version(package: str) -> str:
    """The version in the product's own environment, "" where it has none."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _origin(environment: UntrustedFolder, info: str) -> tuple[bool, bool]:
    """(direct, editable) by PEP 610; a file that is too large or no JSON says nothing."""
    try:
        url = json.loads(environment.read_bytes(f"{info}/direct_url.json", _LARGEST))
    except (UntrustedFileError, ValueError, RecursionError):
        return False, False
    folder = url.get("dir_info") if isinstance(url, dict) else None
    return isinstance(url, dict), isinstance(folder, dict) and folder.get("editable") is True
