"""How go is started in a sandbox, how a repository starts it itself, and what every tool of it has in common."""

import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from activities.languages.command_lines import is_program, started
from activities.languages.commands import command_files, named_in
from activities.languages.go.modules import wanted_go
from activities.languages.go.toolchains import ChosenGo, HostGo, chosen_go
from activities.model import Finding, Severity, ToolReport
from activities.reports import non_negative, valid_unicode
from activities.sandbox.command import SYSTEM_PATH
from activities.tool_reports import FinishedCommand, execute
from activities.tooling import Project, Tool, Workbench

_KEPT = re.compile(r"--?(?:tags(?:=.*)?|short)")
_PLACE = re.compile(
    r"(?:vet: )?(?P<path>\S[^:\n]{0,1000}\.\w{1,4}):(?P<line>\d{1,7}):(?:(?P<column>\d{1,7}):)? (?P<text>.+)"
)
_LONGEST_LINE = 5000


class GoTool(Tool):
    """A program of Go or beside it."""

    language = "go"

    def used_by(self, project: Project) -> str:
        """A file of its own, in the module or a folder around it, or a command that starts it."""
        places = (project, *project.around)
        found = (name for place in places for name in self.detection.files if place.has_file(name))
        return next(found, "") or named_in(project, *self.programs)

    def version_named(self, project: Project) -> str:
        asked, found_in = wanted_go(project)
        return f">={asked} ({found_in})" if asked else ""

    async def run(self, bench: Workbench) -> ToolReport:
        """Neutral, with a sentence, where this host has no Go that fits."""
        chosen: ChosenGo = chosen_go(bench.project)
        if chosen.toolchain is None:
            return ToolReport(self.name, advice=chosen.missing)
        report = await self.run_go(bench, chosen.toolchain)
        return replace(report, version=report.version or chosen.toolchain.version)

    @abstractmethod
    async def run_go(self, bench: Workbench, go: HostGo) -> ToolReport:
        """`run`, given the toolchain."""


async def start_go(bench: Workbench, go: HostGo, argv: tuple[str, ...], shell: str = "") -> FinishedCommand:
    """A program with the toolchain first on its PATH, and without a network. `shell` redirects what it prints, as in
    `> "$0"`, where `$0` is the bench's folder `out`."""
    if shell:
        argv = ("/bin/sh", "-c", f'exec "$@" {shell}', bench.paths.out, *argv)
    return await execute(bench, argv, go_environment(bench, go))


def go_environment(bench: Workbench, go: HostGo) -> dict[str, str]:
    """What is compiled stays for the next command of the same run. Nothing is downloaded, no toolchain either."""
    return {
        "PATH": f"{go.folder / 'bin'}:{SYSTEM_PATH}",
        "GOROOT": str(go.folder),
        "GOTOOLCHAIN": "local",
        "GOPATH": f"{bench.paths.home}/go",
        "GOMODCACHE": f"{bench.paths.env}/mod" if bench.env_root else f"{bench.paths.home}/go/mod",
        "GOCACHE": f"{bench.paths.out}/build",
        "GOENV": "off",
        "GOPROXY": "off",
        "GOSUMDB": "off",
        "GOTELEMETRY": "off",
    }


@lru_cache(maxsize=512)
def go_calls(project: Project, subcommand: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    """(the options that are kept, the file) of each line of the repository that starts it."""
    return tuple(_calls(project, subcommand))


def _calls(project: Project, subcommand: str) -> Iterator[tuple[tuple[str, ...], str]]:
    for place in (project, *project.around):
        for file in command_files(place):
            for words in (words for line in file.lines for words in started(line)):
                if is_program(words[0], "go") and words[1:2] == (subcommand,):
                    yield tuple(_kept(words[2:])), file.name
                elif subcommand == "test" and is_program(words[0], "gotestsum") and "--" in words:
                    yield tuple(_kept(words[words.index("--") + 1 :])), file.name


def _kept(words: Sequence[str]) -> Iterator[str]:
    """Build tags, and `-short`: what limits the run otherwise (`-run`, a timeout) is left out."""
    for word, following in zip(words, (*words[1:], ""), strict=True):
        if _KEPT.fullmatch(word) and "$" not in word + following:
            yield word if "=" in word or word.endswith("short") else f"-tags={following}"


def options_for(project: Project, subcommand: str) -> tuple[str, ...]:
    """None where one of the repository's lines has none, else those of the first."""
    calls = [options for options, _ in go_calls(project, subcommand)]
    return calls[0] if calls and all(calls) else ()


def compiler_findings(bench: Workbench, text: str, check: str, tool: str, severity: Severity) -> tuple[Finding, ...]:
    """`./x.go:3:5: undefined: y`, a line each; indented lines belong to the one before."""
    found: dict[Finding, None] = {}
    for line in text.splitlines():
        if match := _PLACE.fullmatch(line[:_LONGEST_LINE]):
            path = bench.relative(valid_unicode(match["path"]))
            if not path.startswith(("/", "../")):
                line_number, column = non_negative(match["line"]), non_negative(match["column"] or 0)
                message = valid_unicode(match["text"])[:2000]
                found[Finding(check, tool, "compile", path, line_number, message, severity, column=column)] = None
    return tuple(found)
