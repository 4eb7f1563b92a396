"""How a repository starts cargo: the lines of CI, Make and scripts, with the options that decide what is compiled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from activities.languages.command_lines import is_program, started
from activities.languages.commands import command_files, named_in
from activities.tooling import Project

_ALONE = ("--all-features", "--no-default-features", "--release", "-r")
_VALUED = ("--features", "-F", "--exclude", "--profile")
HOOKS = ".pre-commit-config.yaml"
_ACTION = "actions-rs/cargo"


@dataclass(frozen=True)
class CargoCall:
    """One start of a subcommand: the options that are kept of it, its words behind `--`, the toolchain that it names
    (`+nightly`), and the file it stands in."""

    options: tuple[str, ...]
    behind: tuple[str, ...]
    toolchain: str
    found_in: str

    @property
    def has_features(self) -> bool:
        return any(word.startswith(("--features", "-F", "--all-features", "--no-default")) for word in self.options)


@lru_cache(maxsize=512)
def cargo_calls(project: Project, *subcommands: str) -> tuple[CargoCall, ...]:
    """Those of one of the subcommands, the project's own files first."""
    return tuple(_calls(project, subcommands))


def _calls(project: Project, subcommands: Sequence[str]) -> Iterator[CargoCall]:
    for place in (project, *project.around):
        for file in command_files(place):
            by_action = _ACTION in file.text
            for line in file.lines:
                for words in started(line):
                    rest = words[1:] if is_program(words[0], "cargo") else words if by_action else ()
                    if (call := _call(rest, file.name, subcommands)) is not None:
                        yield call


def _call(words: Sequence[str], found_in: str, subcommands: Sequence[str]) -> CargoCall | None:
    toolchain = next((word[1:] for word in words[:1] if word.startswith("+")), "")
    words = [word for word in words if not word.startswith(("+", "$X"))]
    while words and words[0].startswith("-"):
        words = words[1:]
    if not words or words[0] not in subcommands or any(word.startswith("--manifest-path") for word in words):
        return None
    at = words.index("--") if "--" in words else len(words)
    return CargoCall(tuple(_kept(words[1:at])), tuple(words[at + 1 :]), toolchain, found_in)


def _kept(words: Sequence[str]) -> Iterator[str]:
    """The options that decide what is compiled; what limits the run (`-p`, `--lib`, names of tests) is left out."""
    previous = ""
    for word in words:
        if word in _ALONE or word.partition("=")[0] in _VALUED or previous in _VALUED:
            yield word
        previous = word


def options_of(calls: Sequence[CargoCall]) -> tuple[str, ...]:
    """The options to start with: none where one of the calls takes the package's default features, else the first's."""
    first = calls[0] if calls and all(call.has_features for call in calls) else None
    plain = next((call for call in calls if not call.has_features), None)
    return (first or plain).options if first or plain else ()  # type: ignore[union-attr]


def asked_by_hook(project: Project, *hooks: str) -> str:
    """The pre-commit hook of one of these ids, "" without one."""
    files = (file for place in (project, *project.around) for file in command_files(place) if file.name == HOOKS)
    return next((f"hook {hook} in {HOOKS}" for file in files for hook in hooks if file.names(hook)), "")


def asked_by_command(project: Project, *subcommands: str) -> str:
    """Where a command of the repository starts one of cargo's subcommands, "" where none does."""
    call = next(iter(cargo_calls(project, *subcommands)), None)
    if call:
        return f"cargo {subcommands[0]} in {call.found_in}"
    return named_in(project, *(f"cargo-{name}" for name in subcommands))
