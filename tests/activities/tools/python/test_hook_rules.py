"""pre-commit's configuration says which files a tool looks at, and with which arguments."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from activities.languages.python.hook_rules import hook_arguments
from activities.languages.python.tests_of_repository import command_options
from activities.tooling import Project
from activities.tools import registry
from activities.tools.mypy import _by_hook_alone
from tests.activities.tools.python.conftest import Make

MakeProject = Callable[[Mapping[str, str]], Project]
CODE = "import os\nx = 'a line that is longer than forty characters'\n"


def hooks(more: str, everywhere: str = "", name: str = "ruff") -> dict[str, str]:
    text = (
        f"{everywhere}\nrepos:\n- repo: https://example.invalid/x\n  rev: main\n  hooks:\n  - {{id: {name}, {more}}}\n"
    )
    return {".pre-commit-config.yaml": text}


@pytest.mark.parametrize(
    ("more", "everywhere", "expected"),
    [
        ("exclude: ^tests/", "", {"a.py", "pkg/c.py"}),
        ("files: ^pkg/", "", {"pkg/c.py"}),
        ("files: ^pkg/, exclude: c.py", "", set()),
        ("", "exclude: '(?x)^(a.py | tests/.*)$'", {"pkg/c.py"}),
        ("exclude: '('", "", {"a.py", "tests/b.py", "pkg/c.py"}),
        ("files: 3", "files: [3]", set()),
    ],
)
async def test_files_that_the_hook_leaves_out_have_no_findings(
    bench: Make, more: str, everywhere: str, expected: set[str]
) -> None:
    files = dict.fromkeys(("a.py", "tests/b.py", "pkg/c.py"), CODE)
    report = await registry()["ruff"].run(bench({**files, **hooks(more, everywhere)}))
    assert {each.path for each in report.findings} == expected
    assert report.completed


async def test_arguments_of_the_hook_are_the_tools(bench: Make) -> None:
    args = "args: [--fix, --select, 'E501', --line-length=40, --output-format, github, --exit-non-zero-on-fix]"
    report = await registry()["ruff"].run(bench({"a.py": CODE, **hooks(args)}))
    assert [each.rule for each in report.findings] == ["E501"]


def test_arguments_that_change_files_or_the_output_are_ours(project: MakeProject) -> None:
    args = "args: [--in-place, -q, --profile, black, --line-length=99, -o, x.txt, --output-format=github]"
    made = project(hooks(args, name="isort"))
    assert hook_arguments(made, "isort") == ("--profile", "black", "--line-length=99")
    assert hook_arguments(made, "ruff") == ()
    assert hook_arguments(Project("a", made.root / "a", "python"), "isort")[:1] == ("--profile",)


@pytest.mark.parametrize(
    ("hook", "files", "alone"),
    [
        ("- id: mypy", {}, True),
        ("- id: mypy\n    additional_dependencies: [types-x]", {"tox.ini": "[testenv]\ncommands = pytest\n"}, True),
        ("- id: mypy\n    args: [--strict]", {}, False),
        ("- id: mypy\n    args: []", {}, False),
        ("- id: mypy\n    entry: mypy src", {}, False),  # a local one
        ("- id: mypy", {"Makefile": "types:\n\tmypy\n"}, False),
        ("- id: mypy", {"tox.ini": "[testenv:types]\ncommands = mypy src\n"}, False),
        ("- id: ruff", {}, False),
    ],
)
def test_only_a_hook_starts_mypy(tmp_path: Path, hook: str, files: dict[str, str], alone: bool) -> None:
    """The published hook ignores imports that are missing in its own environment; other commands do not."""
    everything = {**files, ".pre-commit-config.yaml": f"repos:\n- rev: v1\n  hooks:\n  {hook}\n"}
    for name, text in everything.items():
        (tmp_path / name).write_text(text)
    assert _by_hook_alone(Project(".", tmp_path, "python")) is alone


@pytest.mark.parametrize(
    ("files", "options"),
    [
        ({"tox.ini": "[testenv:lint]\ncommands = flake8 --ignore=E501,F403 pkg/ setup.py\n"}, ("--ignore=E501,F403",)),
        ({"Makefile": "lint:\n\tflake8 --max-line-length 127 --statistics --count pkg\n"}, ("--max-line-length", "127")),
        ({"Makefile": "lint:\n\tflake8 --doctests pkg\n"}, ("--doctests",)),
        ({"Makefile": "lint:\n\tflake8 --exit-zero --select=E\n\tflake8 --select=F pkg\n"}, ("--select=F",)),
        ({"Makefile": "lint:\n\tflake8 --format=x --output-file out.txt --jobs 4 --package x --config setup.cfg\n"},
         ("--config", "setup.cfg")),
        ({"Makefile": "lint:\n\tflake8 --ignore=$(IGNORED) --select={posargs} pkg\n"}, ()),
        ({"Makefile": "lint:\n\tflake8 pkg\n"}, ()),
        ({"Makefile": "lint:\n\tflake8\n"}, ()),
        ({"Makefile": "lint:\n\tflake8 --doctests\n"}, ("--doctests",)),
        ({"Makefile": "lint:\n\truff check --select=E\n"}, ()),
    ],
)  # fmt: skip
def test_options_of_the_command_that_starts_a_tool(
    tmp_path: Path, files: dict[str, str], options: tuple[str, ...]
) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "setup.cfg").touch()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert command_options(Project(".", tmp_path, "python"), "flake8") == options
