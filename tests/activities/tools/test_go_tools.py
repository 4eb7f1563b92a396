"""What Go's tools print, and where a repository asks for them."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from activities.languages.go.toolchains import host_toolchains
from activities.sandbox import ProcessResult, SandboxCommand, SandboxSpec
from activities.sandbox.bubblewrap import BubblewrapRunner
from activities.toolchains import registry as toolchains
from activities.tooling import Project, Workbench
from activities.tools import registry

needs_go = pytest.mark.skipif(not host_toolchains(), reason="this host has no Go")
CI = ".github/workflows/ci.yml"
VET = {"m": {"printf": [{"posn": "/src/a.go:3:2", "message": "wrong type"}, {"posn": 5}, 7], "x": {}}}
SOURCE = "package m\n\nfunc Add(a, b int) int {\n\treturn a + b\n}\n\nfunc  odd() {}\n"
TESTS = """package m

import "testing"

func TestAdd(t *testing.T) {
\tt.Run("fails", func(t *testing.T) { t.Errorf("got %d", Add(1, 2)) })
}
"""


def made(root: Path, files: Mapping[str, str]) -> Project:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Project(".", root, "go")


def printing(tmp_path: Path, exit_code: int, stdout: str = "", stderr: str = "", **files: str) -> Workbench:
    """A bench whose programs print this, and write these files."""
    runner, out = BubblewrapRunner(), tmp_path / "out"
    out.mkdir()
    project = made(tmp_path / "tree", {"go.mod": "module m\n", "a.go": SOURCE})

    async def run(_command: SandboxCommand) -> ProcessResult:
        for name, text in files.items():
            (out / name.replace("_", ".")).write_text(text)
        return ProcessResult(exit_code, stdout.encode(), stderr.encode(), 0.1)

    return Workbench(project, runner.paths(SandboxSpec(project.root, out)), out, run)


@pytest.mark.parametrize(
    ("tool", "files", "asked_in"),
    [
        ("go-test", {"a_test.go": ""}, "go.mod"),
        ("go-test", {"a.go": "", "testdata/a_test.go": ""}, ""),
        ("go-build", {"go.mod": ""}, "go.mod"),
        ("go-vet", {}, ""),
        ("go-vet", {CI: "steps:\n  - run: go vet ./...\n"}, f"go vet in {CI}"),
        ("gofmt", {}, ""),
        ("gofmt", {"Makefile": "fmt:\n\ttest -z $(gofmt -l .)\n"}, "gofmt in Makefile"),
        ("gofmt", {"Makefile": "fmt:\n\tgo fmt ./...\n"}, "go fmt in Makefile"),
    ],
)
def test_only_what_the_repository_asks_for_counts(
    tmp_path: Path, tool: str, files: Mapping[str, str], asked_in: str
) -> None:
    one = registry()[tool]
    assert one.asked_for(made(tmp_path, files), one.checks[0]) == asked_in


@needs_go
async def test_what_vet_finds_is_a_finding(tmp_path: Path) -> None:
    text = f"# m\n{json.dumps(VET, indent=1)}\n# n\n{{\n{'[' * 5000}\nvet: ./b.go:4:5: undefined: y\n"
    report = await registry()["go-vet"].run(printing(tmp_path, 1, vet_txt=text))
    assert [(one.rule, one.path, one.line, one.severity) for one in report.findings] == [
        ("printf", "a.go", 3, "warning"),
        ("compile", "b.go", 4, "error"),
    ]


@needs_go
async def test_errors_of_the_compiler_are_findings(tmp_path: Path) -> None:
    text = "# m\n./a.go:3:5: undefined: y\n\thave (x)\nnote: too many errors\n/opt/go/x.go:1:1: no\n"
    report = await registry()["go-build"].run(printing(tmp_path, 1, stderr=text))
    assert [(one.path, one.line, one.column, one.message) for one in report.findings] == [
        ("a.go", 3, 5, "undefined: y")
    ]


@needs_go
async def test_files_that_gofmt_would_change_are_findings(tmp_path: Path) -> None:
    text = "./b.go:1:1: expected 'package'\n"
    report = await registry()["gofmt"].run(printing(tmp_path, 2, "./a.go\n", text))
    assert [(one.rule, one.path, one.line, one.fixable) for one in report.findings] == [
        ("format", "a.go", 0, True),
        ("unreadable", "b.go", 1, False),
    ]


@needs_go
async def test_a_module_is_tested_and_formatted(tmp_path: Path) -> None:
    project = made(tmp_path / "tree", {"go.mod": "module m\n\ngo 1.21\n", "a.go": SOURCE, "a_test.go": TESTS})
    for name in ("out", "env"):
        (tmp_path / name).mkdir()
    chain, runner = toolchains()["go"], BubblewrapRunner()
    spec = SandboxSpec(project.root, tmp_path / "out", tmp_path / "env", read_only=chain.paths())

    async def run(command: SandboxCommand) -> ProcessResult:
        return await runner.run(spec, command)

    bench = Workbench(project, runner.paths(spec), spec.out, run, tmp_path / "env", options={"retry": False})
    report = await registry()["go-test"].run(bench)
    assert [(one.id, one.outcome, one.path, one.line) for one in report.tests] == [
        ("m.TestAdd", "failed", "a_test.go", 5),
        ("m.TestAdd/fails", "failed", "a_test.go", 5),
    ]
    assert report.tests[1].message == "a_test.go:6: got 3"
    assert [one.path for one in (await registry()["gofmt"].run(bench)).findings] == ["a.go"]
