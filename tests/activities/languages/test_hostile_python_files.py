"""Whatever a repository writes into the files that say how it is tested and checked, reading them raises nothing."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from activities.languages.commands import asked_in, command_files, coverage_in
from activities.languages.python.dependencies import declared, dependencies, extras, required_by_tests
from activities.languages.python.hook_rules import hook_arguments, hook_rules
from activities.languages.python.install import constraints, install_items
from activities.languages.python.interpreters import chosen_python
from activities.languages.python.nox_files import nox_tests
from activities.languages.python.tests_of_repository import declared_tests, named_paths
from activities.languages.python.tool_versions import wanted_version
from activities.languages.python.tox_files import tox_environments, tox_tests
from activities.languages.python.workspace import is_excluded, left_alone, workspace_home, workspace_members
from activities.tooling import Project
from activities.tools import registry

DIGITS = "9" * 5000
MANY = "\n".join(f"{one}: &{one} [{', '.join([f'*{before}'] * 60)}]" for before, one in itertools.pairwise("abcdefghi"))
VALUES = ("3", "[1, [2], {}]", '{a = ["b"]}', f'"{DIGITS}"')
KEYS = (
    *("tool.tox", "tool.tox.env", "tool.tox.env_list", "tool.tox.env_run_base", "tool.tox.env_run_base.commands"),
    *(
        "tool.tox.legacy_tox_ini",
        "tool.uv",
        "tool.uv.workspace",
        "tool.uv.workspace.members",
        "tool.uv.dev-dependencies",
    ),
    *("tool.uv.workspace.exclude", "tool", "project", "project.requires-python", "project.optional-dependencies"),
    *("dependency-groups", "dependency-groups.dev", "tool.ruff.required-version", "tool.poetry.dependencies"),
    *(
        "tool.poetry.dependencies.python",
        "tool.poetry.group",
        "tool.pdm.dev-dependencies",
        "tool.poe.tasks",
        "tool.nox",
        "tool.hatch.envs",
        "tool.hatch.envs.test",
        "tool.hatch.envs.test.scripts",
        "tool.hatch.envs.hatch-test",
    ),
)
YAML = (
    *("3", "[]", "!!bool x", "!!int ''", "!!timestamp x", "!!float x", "&a [*a]", "&a {b: *a}", "? [a]\n: b"),
    *("jobs: 3", "jobs: [1]", "jobs: {a: 3}", "jobs: {a: {steps: {}}}", "jobs: {a: {steps: [3, {run: [x]}]}}"),
    *(
        "jobs: &a {a: {steps: [&b {run: pytest, env: *a}, *b]}}",
        "jobs: {a: {env: [1], steps: [{run: pytest, env: 3}]}}",
    ),
    *(
        "repos: 3",
        "repos: [3]",
        "repos: [{hooks: 3}]",
        "repos: [{rev: [1], hooks: [3, {id: [ruff]}]}]",
        "x: !reference [a]",
    ),
    *("repos: [{hooks: [{id: ruff, files: {a: b}, exclude: [1], args: [[1], {a: b}], additional_dependencies: 3}]}]",),
    f"a: &a [x, x]\n{MANY}\nrepos: [{{hooks: [{{id: ruff, files: *i, args: *i}}]}}]\njobs: {{a: {{steps: *i, env: *i}}}}",
    f"a: &a [x, x]\n{MANY}\njobs: {{a: {{steps: *i}}}}",
    *("[" * 1500, "2024-99-99", "\x00", f"a: {DIGITS}"),
)
INI = (
    "[testenv]\ndeps\n    pytest", "[tox\nenvlist = a", "    pytest\n[testenv]", "[testenv]\n[testenv]\ncommands", "[tox]",
    "[DEFAULT]\na = %(a)s\n[testenv]\ncommands = {[testenv]commands} {[testenv]commands}\n    {[testenv]commands}",
    f"[tox]\nenvlist = py{{1-{DIGITS}}}\n[testenv]\ncommands = pytest", "[tox]\nenvlist = }}{{,{a,{b},}}\n[testenv]",
    "[tox]\nenvlist = " + "{a,b}" * 500 + "\n[testenv]\ncommands = pytest",
    "[testenv]\ndeps =\n" + "    {[testenv]deps}\n" * 200 + "commands = pytest\n",
    "[testenv]\ncommands = pytest 'a\n    uv run\n    -\n    env\n    python\n    coverage run\n    ''",
    f"[options]\npython_requires = >={DIGITS}\n[testenv]\ndeps = a=={DIGITS}\ncommands = pytest",
)  # fmt: skip
NOX = (
    "def (", "\x00", "x = " + "(" * 5000, "@nox.session\ndef a(session):\n    session.run(" + "+".join(["1"] * 2500) + ")",
    "@nox.session\ndef a(session):\n    session.run('pytest', env={**x, 1: 2})\n    session.install('-r', '\\ud800')",
    "A = [A]\n@nox.session(name=3)\ndef a(session):\n    session.run(*A, **A)\n    session.run('pytest')\n    session.env[1] = 2",
    "@3\n@x.y()\n@nox.session(name=A)\ndef a(): session.install()\nA, B = 1",
)  # fmt: skip
LINES = (
    "ruff==" + DIGITS, "ruff; " + "(" * 3000, "ruff; python_version ~= 'x'", "ruff; os_name >= 'x'", "ruff>=1; nope == '1'",
    "\tpytest 'a", "\tmypy 'a", "\tmypy \x00 \udcff", "3." + DIGITS, "; ; && || ` $( ${ ${{", "coverage run", "env", "uv run",
    "python -m", "npx -p", "$(X", "pip install", "manage.py", "python -m unittest ''", "pytest -k",
)  # fmt: skip


def hostile() -> Iterator[dict[str, str]]:
    """Files that lie beside one another."""
    for key, value in itertools.product(KEYS, VALUES):
        yield {"pyproject.toml": f"{key} = {value}\n", "ruff.toml": f"required-version = {value}\n"}
    for value in VALUES:
        yield {"tox.toml": f"env = {value}\nenv_run_base = {value}\nenv_list = {value}\n"}
        yield {"hatch.toml": f"envs = {value}\n", "Pipfile": f"packages = {value}\ndev-packages.a = {value}\n"}
        hatch = ("dependencies", "features", "env-vars", "scripts.test", "template", "extra-args")
        yield {"hatch.toml": "[envs.default]\n" + "".join(f"{key} = {value}\n" for key in hatch)}
        keys = ("commands", "deps", "set_env", "change_dir", "extras")
        yield {"tox.toml": "[env_run_base]\n" + "".join(f"{key} = {value}\n" for key in keys)}
    yield {"tox.ini": f"[a]\nk = {'x' * 90_000}\n[testenv]\ndeps = {'{[a]k}' * 9000}\ncommands = pytest\n"}
    yield {"tox.ini": f"[tox]\nenvlist = {'y' * 90_000}\n[testenv]\ndeps = {'{envname}' * 9000}\ncommands = pytest\n"}
    lists = "".join(f"A{n} = [{f'A{n + 1}, ' * 15_000}]\n" for n in range(2))
    yield {
        "noxfile.py": f"{lists}A2 = 'x'\n@nox.session\ndef a(session):\n    session.run(*A0)\n    session.run('pytest')\n"
    }
    chain = "".join(f"s{n} = 's{n + 1} {'{args} ' * 1000}'\n" for n in range(8))
    yield {"hatch.toml": f"[envs.test.scripts]\ntest = 's0 {'x' * 100}'\n{chain}"}
    for text in YAML:
        yield dict.fromkeys((".github/workflows/a.yml", ".pre-commit-config.yaml", ".gitlab-ci.yml"), text)
    for text in INI:
        yield from ({name: text} for name in ("tox.ini", "setup.cfg"))
    yield from ({"noxfile.py": text} for text in NOX)
    names = ("Makefile", "requirements-dev.txt", ".python-version", "setup.py", "package.json", ".husky/x", "tasks.py")
    yield from (dict.fromkeys(names, line) for line in LINES)
    yield {"pyproject.toml": "[tool.uv.workspace]\nmembers = ['{" + "," * 100_000 + "}" + "a" * 100_000 + "']\n"}
    odd = ("\udcff\udcfe\x00", "\x00", "\ufeff", "\udc80[testenv]\n\udcff = \udcff")
    several = (
        "tox.ini",
        "noxfile.py",
        "Makefile",
        "pyproject.toml",
        ".pre-commit-config.yaml",
        ".github/workflows/a.yml",
    )
    yield from (dict.fromkeys(several, text) for text in odd)


READERS: tuple[Callable[[Project], object], ...] = (
    extras, required_by_tests, dependencies, constraints, install_items,
    declared_tests, nox_tests, tox_tests, tox_environments, chosen_python, command_files, coverage_in, declared,
    lambda project: named_paths(project, "mypy"), lambda project: wanted_version(project, "ruff", ("ruff",)),
    lambda project: asked_in(registry()["ruff"], project), lambda project: hook_rules(project, ("ruff",)),
    lambda project: hook_arguments(project, "ruff"), workspace_home, workspace_members, left_alone, is_excluded,
)  # fmt: skip


def test_nothing_that_a_repository_writes_raises(tmp_path: Path) -> None:
    raised = []
    for number, files in enumerate(hostile()):
        project = Project("inner", tmp_path / str(number) / "inner", "python")
        for name, text in files.items():
            (project.root / name).parent.mkdir(parents=True, exist_ok=True)
            (project.root / name).write_bytes(text.encode("utf-8", "surrogateescape"))
        for reader in READERS:
            try:
                reader(project)
            except Exception as error:
                raised.append(({name: text[:80] for name, text in files.items()}, repr(error)[:80]))
    assert raised == []


@pytest.mark.parametrize("text", YAML[:9])
def test_odd_yaml_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / ".pre-commit-config.yaml").write_text(text)
    assert hook_rules(Project(".", tmp_path, "python"), ("ruff",)) == ()
