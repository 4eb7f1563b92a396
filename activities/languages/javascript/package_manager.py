"""Which package manager a JavaScript project is installed with, in which version, and by what command.

The lock file decides, then `packageManager` of package.json. npm is our own; pnpm and yarn are fetched with npm in
the version that the project names, or in the last one that reads the lock file's format.
"""

import platform
import re
from dataclasses import dataclass

from activities.languages.javascript.node_versions import node_package
from activities.languages.javascript.package_json import PackageJson, parse_package, read_package, workspace_members
from activities.tooling import Project

LOCK_FILES = ("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock")
BUN_LOCK = "bun.lock"

# Lock format to the last version that reads it, from the release notes of pnpm and yarn.
_PNPM = {"5": "7.33.7", "6": "8.15.9", "9": "10.34.9"}
_BERRY = {"4": "2.4.2", "5": "3.8.7", "6": "3.8.7", "7": "3.8.7", "8": "4.18.1"}
_YARN_1 = "1.22.22"
_BUN = "1.3.3"
_STARTS_BUN = re.compile(r"(?:^|[\s&;|(])bunx?\s")
_OLD_NODE = "16"

_ERROR = re.compile(r"^\s*(?:npm (?:error|ERR!)|error|ERR_PNPM|ERR|➤ YN\d+: .*Error)\s*(.*)$", re.MULTILINE)
_UNINFORMATIVE = re.compile(r"^(code |errno |A complete log|For a full report|Alternatively|$)")


@dataclass(frozen=True)
class PackageManager:
    """`package` is what npm fetches to have it ("" for npm itself); `lock` is "" where no lock file decides."""

    name: str
    version: str = ""
    package: str = ""
    lock: str = ""

    @property
    def berry(self) -> bool:
        """Yarn 2 or later, another program than yarn 1 in all but its name."""
        return self.name == "yarn" and not self.version.startswith("1.")

    @property
    def node(self) -> str:
        """npm's package of the Node that it runs with; "" where ours does. Old ones use what later Nodes removed."""
        version = tuple(int(part) for part in re.findall(r"\d+", self.version)[:3])
        old_yarn = self.berry and version < (3, 8, 7)
        old_pnpm = self.name == "pnpm" and (version < (7, 33, 5) or (8,) <= version < (8, 3, 1))
        return node_package(_OLD_NODE) if version and (old_yarn or old_pnpm) else ""


def find_manager(project: Project, package: PackageJson) -> PackageManager:
    """A lock file wins over `packageManager`, because it is what was tested."""
    for lock in LOCK_FILES:
        if text := project.read(lock):
            return manager_of(lock, text, package)
    named, version = _named(package)
    if named == "pnpm":
        return _pnpm(version or _PNPM["9"], "")
    return _yarn(version or _YARN_1, "") if named == "yarn" else PackageManager("npm")


def install_words(manager: PackageManager) -> tuple[str, ...]:
    """What is given to the manager. No script of a package is ever run: what packages need as a program comes as a
    package of its own today, and an install script is the usual way in for a hostile one."""
    if manager.name == "pnpm":
        return ("install", "--frozen-lockfile" if manager.lock else "--no-lockfile", "--ignore-scripts")
    if manager.berry:
        return ("install", "--immutable" if manager.lock else "--no-immutable", "--mode=skip-build")
    if manager.name == "yarn":
        kind = "--frozen-lockfile" if manager.lock else "--pure-lockfile"
        return ("install", kind, "--ignore-scripts", "--ignore-engines", "--non-interactive")
    return (*(("ci",) if manager.lock else ("install", "--no-package-lock")), "--ignore-scripts")


def lock_words(manager: PackageManager, text: str) -> tuple[str, ...]:
    """What is given to the manager to write its lock file (`text`) anew, and nothing else where it can do that. No
    script of a package is run."""
    if manager.name == "pnpm":
        return ("install", "--lockfile-only", "--no-frozen-lockfile", "--ignore-scripts")
    if manager.name == "bun":
        return ("install", "--lockfile-only", "--ignore-scripts")
    if manager.berry:
        return ("install", "--skip-builds" if manager.version.startswith("2.") else "--mode=update-lockfile")
    if manager.name == "yarn":
        return ("install", "--ignore-scripts", "--ignore-engines", "--ignore-platform", "--non-interactive")
    found = re.search(r'"lockfileVersion": ?([123])\b', text)
    return ("install", "--package-lock-only", "--ignore-scripts", f"--lockfile-version={found[1] if found else 3}")


def install_environment(manager: PackageManager, cache: str) -> dict[str, str]:
    """For every manager: quiet, no scripts, downloads in the cache folder, the machine's own certificates."""
    return {
        "CI": "true",
        "NODE_USE_SYSTEM_CA": "1",
        "npm_config_cache": f"{cache}/npm",
        "npm_config_ignore_scripts": "true",
        "npm_config_engine_strict": "false",  # the tests may run with another Node than the manager
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_progress": "false",
        "npm_config_update_notifier": "false",
        "npm_config_manage_package_manager_versions": "false",
        "npm_config_store_dir": f"{cache}/pnpm",
        "pnpm_config_store_dir": f"{cache}/pnpm",
        "YARN_CACHE_FOLDER": f"{cache}/yarn-{manager.version.partition('.')[0]}",
        "YARN_ENABLE_GLOBAL_CACHE": "false",
        "YARN_ENABLE_SCRIPTS": "false",
        "YARN_ENABLE_TELEMETRY": "false",
        "YARN_IGNORE_PATH": "1",
        "YARN_NODE_LINKER": "node-modules",
    }


def error_of(output: str) -> str:
    """What a manager printed of its failure, in a line or two; "" for nothing."""
    errors = [match[0].strip() for match in _ERROR.finditer(output) if not _UNINFORMATIVE.match(match[1])]
    return " ".join(errors[:2])


def manager_of(lock: str, text: str, package: PackageJson) -> PackageManager:
    """The one that writes this lock file."""
    named, version = _named(package)
    if lock == BUN_LOCK:
        return PackageManager("bun", _BUN, f"{bun_package()}@{_BUN}", lock)
    if lock == "pnpm-lock.yaml":
        found = re.search(r"^lockfileVersion: '?(\d+)", text, re.MULTILINE)
        known = version if named == "pnpm" else ""
        return _pnpm(known or _PNPM.get(found[1] if found else "9", _PNPM["9"]), lock)
    if lock == "yarn.lock":
        found = re.search(r"^__metadata:\s+version: (\d+)", text, re.MULTILINE)
        known = version if named == "yarn" and version.startswith("1.") == (found is None) else ""
        return _yarn(known or (_BERRY.get(found[1], _BERRY["8"]) if found else _YARN_1), lock)
    return PackageManager("npm", lock=lock)


def bun_package() -> str:
    """What brings bun without a script of its own."""
    return f"@oven/bun-linux-{'aarch64' if platform.machine() in ('aarch64', 'arm64') else 'x64'}"


def wanted_bun(home: Project) -> str:
    """What npm fetches where a script of the project or of its workspace's members starts bun, "" where none does: in
    the version that the project names."""
    packages = [read_package(home), *(parse_package(home.read(f"{it}/package.json")) for it in workspace_members(home))]
    if not any(_STARTS_BUN.search(text) for package in packages for text in package.scripts.values()):
        return ""
    named = re.fullmatch(r"bun@(\d{1,4}\.\d{1,4}\.\d{1,4})", packages[0].text("packageManager"))
    pinned = named or re.fullmatch(r"\s*v?(\d{1,4}\.\d{1,4}\.\d{1,4})\s*", home.read(".bun-version"))
    return f"{bun_package()}@{pinned[1] if pinned else _BUN}"


def _named(package: PackageJson) -> tuple[str, str]:
    """`packageManager`: name@version, with an optional +hash, by corepack's rule."""
    found = re.fullmatch(r"(npm|pnpm|yarn)@(\d+\.\d+\.\d+(?:-[\w.]+)?)(?:\+.*)?", package.text("packageManager"))
    return (found[1], found[2]) if found else ("", "")


def _pnpm(version: str, lock: str) -> PackageManager:
    return PackageManager("pnpm", version, f"pnpm@{version}", lock)


def _yarn(version: str, lock: str) -> PackageManager:
    package = "yarn" if version.startswith("1.") else "@yarnpkg/cli-dist"
    return PackageManager("yarn", version, f"{package}@{version}", lock)
