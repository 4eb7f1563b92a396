"""clippy: the compiler's and clippy's own lints, as the package sets them; what is denied is an error."""

import re

from activities.languages.rust.calls import CargoCall, cargo_calls, options_of
from activities.languages.rust.cargo import CargoTool, lacks_of_host, packages, start_cargo
from activities.languages.rust.compiler import in_sources, read_compilation
from activities.languages.rust.manifest import read_manifest, table
from activities.languages.rust.toolchains import HostRust, chosen_rust
from activities.model import ToolReport
from activities.reports import BadReport
from activities.tool_reports import failed_to_run, make_report
from activities.tooling import Project, ToolDetection, Workbench

_REPORT = "clippy.jsonl"
_LINT = re.compile(r"(?<!\S)(-[AWDF] ?|--(?:allow|warn|deny|forbid|cap-lints)[ =])([\w:-]+)(?!\S)")
_IN_CODE = re.compile(
    r"^\s*#!\[(?:cfg_attr\([^\n]{0,100})?(?:allow|warn|deny|forbid)\([^\]]{0,2000}?clippy::", re.MULTILINE
)
_ROOTS = ("src/lib.rs", "src/main.rs")


class Clippy(CargoTool):
    name = "clippy"
    programs = ("clippy", "cargo-clippy", "actions-rs/clippy-check")
    checks = ("linting",)
    silenced_by = r"#!?\[(?:allow|expect)\(\s*clippy::[\w:,\s]*\)\]"
    subcommand = "clippy"
    component = "clippy"
    default = True
    detection = ToolDetection(files=("clippy.toml", ".clippy.toml"), hooks=("clippy", "cargo-clippy"))

    def configured_in(self, project: Project) -> str:
        """Its file, lints in Cargo.toml, or attributes of the crate."""
        tables = read_manifest(project)
        if any(table(tables, *names, "lints", "clippy") for names in ((), ("workspace",))):
            return "[lints.clippy] in Cargo.toml"
        file = next((file for file in _ROOTS if _IN_CODE.search(project.read(file))), "")
        return super().configured_in(project) or (f"lints of clippy in {file}" if file else "")

    def has_work(self, project: Project, check: str) -> bool:
        """Where nobody asks for it, it is not missed."""
        rust = chosen_rust(project).toolchain
        return bool(self.used_by(project)) or rust is None or rust.has("cargo-clippy")

    def started_by(self, project: Project, check: str) -> tuple[str, str]:
        calls = cargo_calls(project, "clippy")
        return " ".join(("cargo", *_words(project, calls))), calls[0].found_in if calls else ""

    async def run_cargo(self, bench: Workbench, rust: HostRust) -> ToolReport:
        """Exit codes: 0, or 101 for an error of the compiler, which is a finding too."""
        words = _words(bench.project, cargo_calls(bench.project, "clippy"))
        at = words.index("--") if "--" in words else len(words)
        argv = (*words[:at], "--message-format=json", *words[at:])
        finished = await start_cargo(bench, rust, argv, f'> "$0/{_REPORT}"')
        try:
            found = read_compilation(bench, _REPORT, "linting", self.name)
        except BadReport as error:
            return failed_to_run(self.name, rust.version, finished, str(error))
        if finished.exit_code and not found.errors:
            if lacking := lacks_of_host(finished):
                return make_report(self.name, rust.version, finished, advice=lacking)
            return failed_to_run(self.name, rust.version, finished)
        return make_report(self.name, rust.version, finished, findings=in_sources(found.messages))


def _words(project: Project, calls: tuple[CargoCall, ...]) -> tuple[str, ...]:
    """As the repository starts it. That all warnings are denied is left out: it ends at the first package that has one,
    and warnings count as they are."""
    behind = calls[0].behind if calls else ()
    lints = [word for found in _LINT.finditer(" ".join(behind)) if found[2] != "warnings" for word in found[0].split()]
    own = ("clippy", *packages(project), "--all-targets", *options_of(calls))
    return (*own, "--", *lints) if lints else own


tool = Clippy()
