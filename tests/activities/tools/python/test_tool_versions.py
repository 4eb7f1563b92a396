"""Which version of a tool a repository uses, and where it says so."""

from collections.abc import Callable, Mapping

import pytest

from activities.languages.python.tool_versions import wanted_version
from activities.tooling import Project
from activities.tools import registry

MakeProject = Callable[[Mapping[str, str]], Project]
COMMIT = "abcdef0123" * 4
HOOK = "repos:\n- repo: https://example.invalid/x\n  rev: {}\n  hooks:\n  - id: ruff\n"
LOCK = '[[package]]\nname = "ruff"\nversion = "0.9.1"\n'
GROUP = "[dependency-groups]\nstyle = ['ruff{}']\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "None"),
        ({"pyproject.toml": GROUP.format("")}, "None"),
        ({".pre-commit-config.yaml": HOOK.format("0" * 40)}, "None"),
        ({"uv.lock": LOCK, ".pre-commit-config.yaml": HOOK.format("v0.8")}, "0.9.1 (uv.lock)"),
        ({"poetry.lock": LOCK}, "0.9.1 (poetry.lock)"),
        ({"pylock.toml": LOCK.replace("package", "packages")}, "0.9.1 (pylock.toml)"),
        ({"uv.lock": LOCK + LOCK.replace("0.9.1", "0.9.2")}, "None"),
        ({"uv.lock": LOCK.replace('"ruff"', '"ruff-lsp"')}, "None"),
        ({"requirements-dev.txt": "ruff==0.9.1 # pinned\n"}, "0.9.1 (requirements-dev.txt)"),
        ({"requirements-dev.txt": "ruff==0.9.1 --hash=sha256:00\n"}, "0.9.1 (requirements-dev.txt)"),
        ({"pyproject.toml": GROUP.format("==0.9.1; python_version < '3'")}, "None"),
        ({".pre-commit-config.yaml": HOOK.format("v0.9.1")}, "0.9.1 (hook ruff in .pre-commit-config.yaml)"),
        ({".pre-commit-config.yaml": HOOK.format(f"{COMMIT}  # frozen: v0.9.1")}, "0.9.1 (hook ruff in .pre-commit-config.yaml)"),
        ({".pre-commit-config.yaml": HOOK.format(f"'{COMMIT}' # v0.9.1")}, "0.9.1 (hook ruff in .pre-commit-config.yaml)"),
        ({".pre-commit-config.yaml": HOOK.format(f"{COMMIT} # keep")}, "None"),
        ({".pre-commit-config.yaml": HOOK.format("v0.9.1"), "pyproject.toml": GROUP.format(">=0.4")},
         "0.9.1 (hook ruff in .pre-commit-config.yaml)"),
        ({"tox.ini": "[testenv:lint]\ndeps = ruff==0.9.1\n"}, "0.9.1 (tox.ini)"),
        ({"Makefile": "lint:\n\tuvx ruff@0.9.1 check\n"}, "0.9.1 (Makefile)"),
        ({".github/workflows/ci.yml": "- run: pip install 'ruff==0.9.1' mypy\n"}, "0.9.1 (.github/workflows/ci.yml)"),
        ({"pyproject.toml": "[tool.ruff]\nrequired-version = '>=0.9,<0.10'\n"},
         "<0.10,>=0.9 (required-version in pyproject.toml)"),
        ({"ruff.toml": "required-version = '0.9.1'\n"}, "0.9.1 (required-version in ruff.toml)"),
        ({"pyproject.toml": GROUP.format("~=0.9.0")}, "~=0.9.0 (dependency group style)"),
        ({"setup.cfg": "", "requirements/dev.txt": "ruff>=0.4\n"}, ">=0.4 (requirements/dev.txt)"),
    ],
)  # fmt: skip
def test_the_repository_names_the_version(project: MakeProject, files: dict[str, str], expected: str) -> None:
    assert str(wanted_version(project({"x.py": "", **files}), "ruff", ("ruff",))) == expected


def test_a_project_inside_uses_the_version_of_the_folders_around_it(project: MakeProject) -> None:
    made = project({".pre-commit-config.yaml": HOOK.format("v0.9.1"), "packages/a/x.py": ""})
    inside = Project("packages/a", made.root / "packages/a", "python")
    assert str(wanted_version(inside, "ruff", ("ruff",))) == "0.9.1 (hook ruff in .pre-commit-config.yaml)"


def test_blacks_required_version_may_be_its_beginning(project: MakeProject) -> None:
    wanted = wanted_version(project({"pyproject.toml": "[tool.black]\nrequired-version = '24'\n"}), "black")
    assert wanted is not None
    assert (wanted.fits("24.10.0"), wanted.fits("25.1.0")) == (True, False)


@pytest.mark.parametrize(
    ("files", "program", "requirement"),
    [
        ({"pyrightconfig.json": "{}"}, "pyright", "pyright[nodejs]"),
        ({"pyproject.toml": "[tool.basedpyright]\n"}, "basedpyright", "basedpyright"),
        ({"pyrightconfig.json": "{}", "pyproject.toml": "[dependency-groups]\ndev = ['basedpyright==1.18.0']\n"},
         "basedpyright", "basedpyright==1.18.0"),
        ({"pyproject.toml": "[dependency-groups]\ndev = ['basedpyright==1.18.0']\n"},
         "basedpyright", "basedpyright==1.18.0"),
        ({"Makefile": "types:\n\tuvx basedpyright@1.18.0\n"}, "basedpyright", "basedpyright==1.18.0"),
    ],
)  # fmt: skip
def test_basedpyright_is_another_program(
    project: MakeProject, files: dict[str, str], program: str, requirement: str
) -> None:
    made, tool = project({"x.py": "", **files}), registry()["pyright"]
    assert (tool.program_name(made), tool.requirements_for(made)) == (program, (requirement,))
