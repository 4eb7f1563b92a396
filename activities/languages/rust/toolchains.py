"""The Rust toolchains of this host, and which one a project asks for.

They are rustup's and the system's. A sandbox sees the toolchains alone, not the folders around them, which hold a
person's tokens and settings. None is downloaded.
"""

import contextlib
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from activities.languages.rust.manifest import read_manifest, read_toml, table, workspace_home
from activities.reporting.host_toolchains import no_toolchain, older_toolchain, other_toolchain
from activities.tooling import Project

_TRIPLE = re.compile(r"-[a-z0-9_]+-(?:unknown|apple|pc)-[a-z0-9_-]+$")
_NUMBERS = re.compile(r"\d+(?:\.\d+){1,2}")
_LONGEST_SETTINGS = 100_000
SYSTEM = "system"


@dataclass(frozen=True)
class HostRust:
    """`name` is rustup's without the platform ("stable", "1.75.0"), or `SYSTEM`; `folder` holds `bin` and `lib`."""

    name: str
    folder: Path

    def program(self, name: str) -> str:
        return str(self.folder / "bin" / name)

    def has(self, name: str) -> bool:
        return (self.folder / "bin" / name).is_file()

    @property
    def facts(self) -> tuple[str, int, int]:
        """What changes with an update, without starting it."""
        stat = (self.folder / "bin" / "rustc").stat()
        return self.name, stat.st_size, stat.st_mtime_ns

    @property
    def version(self) -> str:
        """As `1.95.0`, "" where it does not start."""
        found = _NUMBERS.search(_about(self.program("rustc")))
        return found[0] if found else ""

    @property
    def llvm_tools(self) -> Path | None:
        """The folder of llvm-profdata and llvm-cov that read what its programs write: they have to be of its LLVM,
        from rustup's component `llvm-tools` or the system."""
        of_rustup = (path.parent for path in sorted(self.folder.glob("lib/rustlib/*/bin/llvm-cov")))
        found = re.search(r"LLVM version: (\d+)", _about(self.program("rustc")))
        of_system = [Path(f"/usr/lib/llvm-{found[1]}/bin")] if found else []
        return next((folder for folder in (*of_rustup, *of_system) if (folder / "llvm-profdata").is_file()), None)


@dataclass(frozen=True)
class ChosenRust:
    """`toolchain` is None where this host has none that fits; then `missing` is the sentence for a person. `asked` is
    what the project asks for, `found_in` the file."""

    toolchain: HostRust | None
    asked: str = ""
    found_in: str = ""
    missing: str = ""


@lru_cache(maxsize=256)
def chosen_rust(project: Project) -> ChosenRust:
    """The one of this host for the project."""
    return choose(project, host_toolchains())


def choose(project: Project, here: Sequence[HostRust]) -> ChosenRust:
    """The nearest file that names a toolchain decides, else the first one, if that is new enough."""
    asked, found_in = _asked(project)
    if not here:
        return ChosenRust(None, asked, found_in, no_toolchain("Rust", "rustup toolchain install stable"))
    if asked:
        found = next((one for one in here if _is_asked(one, asked)), None)
        missing = "" if found else other_toolchain("Rust", asked, found_in, f"rustup toolchain install {asked}")
        return ChosenRust(found, asked, found_in, missing)
    required = _required(project)
    if required and _numbers(here[0].version) < _numbers(required):
        found = next((one for one in here if _numbers(one.version) >= _numbers(required)), None)
        missing = "" if found else older_toolchain("Rust", required, "Cargo.toml", here[0].version, "rustup update")
        return ChosenRust(found, missing=missing)
    return ChosenRust(here[0])


def named_toolchain(name: str) -> HostRust | None:
    """The host's toolchain of this name (`nightly`), None where it has none."""
    return next((one for one in host_toolchains() if _is_asked(one, name)), None)


@cache
def host_toolchains() -> tuple[HostRust, ...]:
    """Those of this host, the default one first."""
    return tuple(dict.fromkeys((*_of_rustup(), *_of_system())))


def extra_program(name: str) -> Path | None:
    """A program that people install beside cargo (`cargo-audit`), where this host has it."""
    places = (*(home / "bin" for home in _homes(".cargo", "cargo")), Path("/usr/local/bin"), Path("/usr/bin"))
    return next((place / name for place in places if (place / name).is_file()), None)


def advisories() -> Path | None:
    """The database of RustSec's advisories, where somebody has fetched it."""
    places = (home / "advisory-db" for home in _homes(".cargo", "cargo"))
    return next((place for place in places if (place / "crates").is_dir()), None)


def _homes(own: str, shared: str) -> Iterator[Path]:
    """Where rustup's installer puts things for one account, and where images for containers have them."""
    with contextlib.suppress(RuntimeError):  # this account has no home folder
        yield Path.home() / own
    yield Path("/usr/local", shared)


def _of_rustup() -> Iterator[HostRust]:
    """A link leads to wherever a person builds a compiler: it is none."""
    for home in _homes(".rustup", "rustup"):
        folders = [path for path in sorted((home / "toolchains").glob("*")) if not path.is_symlink()]
        default = _default_toolchain(home / "settings.toml")
        folders.sort(key=lambda path: (path.name != default, not path.name.startswith("stable")))
        for folder in folders:
            toolchain = HostRust(_TRIPLE.sub("", folder.name), folder)
            if toolchain.has("cargo") and toolchain.has("rustc"):
                yield toolchain


def _default_toolchain(settings: Path) -> str:
    try:
        text = settings.read_text("utf-8", "replace")[:_LONGEST_SETTINGS]
    except OSError:
        return ""
    return str(read_toml(text).get("default_toolchain"))


def _of_system() -> Iterator[HostRust]:
    """Not what stands in for cargo and starts rustup, which looks for its toolchains in a home folder."""
    for folder in (Path("/usr/local"), Path("/usr")):
        cargo = folder / "bin" / "cargo"
        if cargo.is_file() and (folder / "bin" / "rustc").is_file() and "rustup" not in cargo.resolve().name:
            yield HostRust(SYSTEM, folder)


def _asked(project: Project) -> tuple[str, str]:
    """(channel, the file that names it), ("", "") where none does."""
    for place in (project, *project.around):
        for name in ("rust-toolchain", "rust-toolchain.toml"):
            text = place.read(name)
            channel = table(read_toml(text), "toolchain").get("channel")
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            if not isinstance(channel, str) and name == "rust-toolchain" and len(lines) == 1:
                channel = lines[0]
            if isinstance(channel, str) and channel.strip():
                return _TRIPLE.sub("", channel.strip()), name
    return "", ""


def _is_asked(toolchain: HostRust, asked: str) -> bool:
    """`1.75` is every patch release of it; the system's counts by its version, and as a stable one."""
    if toolchain.name == asked:
        return True
    if asked == "stable":
        return toolchain.name == SYSTEM
    is_number = re.fullmatch(r"\d+\.\d+(?:\.\d+)?", asked)
    return bool(is_number) and f"{toolchain.version}.".startswith(f"{asked}.") and "nightly" not in toolchain.name


def _required(project: Project) -> str:
    """The oldest Rust that the package, or its workspace, says it needs."""
    own, home = read_manifest(project), read_manifest(workspace_home(project))
    places = (table(own, "package"), table(home, "package"), table(home, "workspace", "package"))
    found = (place.get("rust-version") for place in places)
    return next((one for one in found if isinstance(one, str) and re.fullmatch(r"\d{1,4}(?:\.\d{1,4}){0,2}", one)), "")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


@cache
def _about(rustc: str) -> str:
    """What a compiler of this host says of itself."""
    try:
        return subprocess.run([rustc, "-vV"], env={}, capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
