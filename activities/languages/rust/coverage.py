"""Coverage by the compiler's own instrumentation of the repository's packages, read by LLVM's tools.

They have to be of the compiler's LLVM: rustup's component `llvm-tools`, or the system's of that version.
"""

import posixpath
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from activities import formats
from activities.languages.rust.compiler import Compilation
from activities.languages.rust.toolchains import HostRust
from activities.model import ToolReport
from activities.reporting.host_toolchains import no_program
from activities.reports import BadReport, read_output
from activities.tool_reports import execute_to_file
from activities.tooling import Workbench
from activities.untrusted_files import UntrustedFolder

_WRAPPER, _PROFILES, _REPORT = "instrumented.sh", "profiles", "lcov.info"
_ADD_OPTION = b'#!/bin/sh\nexec "$@" -Cinstrument-coverage\n'


@dataclass(frozen=True)
class Instrumented:
    """A build that counts what runs; `tools` is the folder of LLVM's programs, None where nothing is counted."""

    tools: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, bench: Workbench, rust: HostRust) -> "Instrumented":
        """Only packages of the repository are instrumented, whatever flags it configures."""
        tools = rust.llvm_tools
        if tools is None:
            return cls()
        out = bench.paths.out
        folder = UntrustedFolder(bench.out)
        folder.remove(_WRAPPER)
        folder.write(_WRAPPER, _ADD_OPTION, executable=True)
        profiles = f"{out}/{_PROFILES}/%p-%m.profraw"
        return cls(tools, {"RUSTC_WORKSPACE_WRAPPER": f"{out}/{_WRAPPER}", "LLVM_PROFILE_FILE": profiles})


async def measured(
    report: ToolReport, bench: Workbench, rust: HostRust, instrumented: Instrumented, built: Compilation
) -> ToolReport:
    """The report with what its run covered, or with why nothing was measured."""
    if instrumented.tools is None:
        install = f"rustup component add llvm-tools --toolchain {rust.name}"
        missing = no_program("llvm-tools for this Rust", "coverage was not measured", install)
        return replace(report, coverage_problem=missing)
    out = bench.paths.out
    profdata, cov = (shlex.quote(str(instrumented.tools / name)) for name in ("llvm-profdata", "llvm-cov"))
    programs = built.executables
    objects = tuple(word for path in programs[1:] for word in ("--object", path))
    merge = f"{profdata} merge -sparse -o {out}/merged.profdata {out}/{_PROFILES}/*.profraw >&2"
    export = f'exec {cov} export --format=lcov --instr-profile={out}/merged.profdata "$@"'
    argv = ("/bin/sh", "-c", f"{merge} && {export}", "sh", *programs[:1], *objects)
    finished = await execute_to_file(bench, argv, _REPORT)
    try:
        if finished.exit_code:
            raise BadReport(f"llvm-cov ended with code {finished.exit_code}.")
        files = formats.registry()["lcov"].read(read_output(bench.out, _REPORT), report.tool, "coverage").coverage
    except BadReport as error:
        return replace(report, coverage_problem=f"Coverage was not measured. {error}")
    placed = (replace(file, path=posixpath.normpath(bench.relative(file.path))) for file in files)
    return replace(report, coverage=tuple(file for file in placed if not file.path.startswith(("/", "../"))))
