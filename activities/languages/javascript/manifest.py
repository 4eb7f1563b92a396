"""The files that decide which packages a JavaScript project gets, and nothing else of it.

An installation sees these files alone, so that it cannot depend on what its key does not cover. Of a package.json only
the fields that matter are kept: a changed script or version makes no new environment.
"""

import json
import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import PurePosixPath

from activities.languages.javascript.package_json import parse_package, workspace_patterns
from activities.languages.javascript.package_manager import LOCK_FILES
from activities.tooling import Project
from activities.untrusted_files import UntrustedFileError, UntrustedFolder

_FIELDS = (
    "name", "version", "private", "bin", "workspaces", "dependencies", "devDependencies", "optionalDependencies",
    "peerDependencies", "peerDependenciesMeta", "dependenciesMeta", "bundleDependencies", "bundledDependencies",
    "overrides", "resolutions", "pnpm", "installConfig", "engines", "os", "cpu", "libc",
)  # fmt: skip
_SETTINGS = ("pnpm-workspace.yaml", ".pnpmfile.cjs", ".yarnrc.yml")
_FOLDERS = (".yarn/plugins", ".yarn/patches", "patches")

# Credentials, and what would send the installation elsewhere on the machine or let scripts run.
_NOT_FROM_NPMRC = re.compile(
    r"_auth|_password|username|certfile|keyfile|cafile|^(prefix|cache|userconfig|globalconfig|tmp|git|shell|"
    r"script-shell|ignore-scripts|node-options|offline|store-dir|modules-dir|virtual-store-dir)\s*=",
    re.IGNORECASE,
)
_LARGEST = 50_000_000
_MOST_FILES = 200_000


def manifest(home: Project) -> dict[str, bytes]:
    """Path relative to the home, with forward slashes, to content. Links out of the home count as absent."""
    root = UntrustedFolder(home.root, follow_links=True)
    local = list(_local_targets(home))
    tarballs = [target for target in local if target.endswith((".tgz", ".tar.gz"))]
    packages = ["package.json", *(f"{target}/package.json" for target in local if target not in tarballs)]
    if workspace_patterns(home):
        # Every one, whether the workspace's patterns take it or not: the manager decides that.
        packages += [name for name in _files(root) if name.endswith("/package.json")]
    found = {name: _deciding_fields(data) for name in packages if (data := _read(root, name)) is not None}
    files = (*LOCK_FILES, *_SETTINGS, *(name for folder in _FOLDERS for name in _files(root, folder)), *tarballs)
    found |= {name: data for name in files if (data := _read(root, name)) is not None}
    if npmrc := home.read(".npmrc"):
        lines = (line for line in npmrc.splitlines() if not _NOT_FROM_NPMRC.search(line.strip()))
        found[".npmrc"] = "".join(f"{line}\n" for line in lines).encode()
    return found


def _deciding_fields(data: bytes) -> bytes:
    package = parse_package(data.decode("utf-8", "replace"))
    if not package.data:
        return data
    kept = {name: package.data[name] for name in _FIELDS if name in package.data}
    return json.dumps(kept, indent=1, sort_keys=True).encode("utf-8", "backslashreplace")


def _local_targets(home: Project) -> Iterator[str]:
    """The targets of `file:` and `link:` dependencies that lie inside the home."""
    for version in parse_package(home.read("package.json")).dependencies.values():
        kind, _, target = version.partition(":")
        target = os.path.normpath(target.removeprefix("//"))
        if kind in ("file", "link", "portal") and not target.startswith(("/", "..")) and target != ".":
            yield PurePosixPath(target).as_posix()


def _files(root: UntrustedFolder, folder: str = ".") -> Iterator[str]:
    """Not those of hidden and installed folders."""

    def enter(path: str) -> bool:
        name = path.rpartition("/")[2]
        return not name.startswith(".") and name != "node_modules"

    return islice(root.files(folder, enter), _MOST_FILES)


def _read(root: UntrustedFolder, name: str) -> bytes | None:
    try:
        return root.read_bytes(name, _LARGEST)
    except UntrustedFileError:
        return None
