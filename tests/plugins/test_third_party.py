"""A plug-in of each kind works from one file in its folder and from an installed distribution alike."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from activities.workspace.git import git_environment

ROOT = Path(__file__).parents[2]
EXAMPLES = Path(__file__).parent / "examples"
GROUPS = {
    "checks": ("activities/checks", "licences"),
    "tools": ("activities/tools", "copyleft"),
    "toolchains": ("activities/toolchains", "licence_list"),
    "formats": ("activities/formats", "bang_lines"),
    "commands": ("bot/commands", "greet"),
    "recipes": ("activities/recipes", "rename_word"),
}
CONFIG = """\
checks:
  licences: {families: 2, weight: 2}
  linting: {command: "cat lint.txt", format: bang-lines}
commands: {greet: write}
"""


@dataclass(frozen=True)
class Installation:
    """The product with plug-ins: `path` is PYTHONPATH."""

    path: Path

    def run(self, *argv: str, **env: str) -> tuple[int, str]:
        """Exit code and everything printed."""
        environ = {**git_environment(), "PYTHONPATH": str(self.path), "HOME": os.environ["HOME"], **env}
        done = subprocess.run(
            [sys.executable, *argv], cwd=self.path, env=environ, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + (done.stderr if done.returncode not in (0, 1) else "")


def as_files(folder: Path, plugins: Mapping[str, str]) -> Installation:
    """A copy of the product with these files (path → text) in its folders."""
    for package in ("activities", "bot", "workflows"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for path, text in plugins.items():
        (folder / path).write_text(text)
    return Installation(folder)


def as_distribution(folder: Path) -> Installation:
    """An installed distribution with all examples, as pip would leave it."""
    metadata = folder / "autobuild_licences-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: autobuild-licences\nVersion: 1.0\n")
    points = []
    for group, (_, name) in GROUPS.items():
        shutil.copy(EXAMPLES / f"{name}.py", folder / f"autobuild_{name}.py")
        points += [f"[autobuild.{group}]", f"{name} = autobuild_{name}", ""]
    (metadata / "entry_points.txt").write_text("\n".join(points))
    return Installation(folder)


@pytest.fixture(scope="module", params=["file", "distribution"])
def installation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("plugins") / "site"
    folder.mkdir()
    files = {f"{package}/{name}.py": (EXAMPLES / f"{name}.py").read_text() for package, name in GROUPS.values()}
    return as_files(folder, files) if request.param == "file" else as_distribution(folder)


@pytest.mark.parametrize("kind", GROUPS)
def test_plugin_is_listed_with_its_help(installation: Installation, kind: str) -> None:
    name = GROUPS[kind][1]
    code, printed = installation.run("-m", "bot", "list", kind)
    lines = [line.split(maxsplit=1) for line in printed.splitlines()]
    help_line = (EXAMPLES / f"{name}.py").read_text().split('"""')[1].partition("\n")[0]
    assert (code, [rest for first, rest in lines if first.replace("-", "_") == name]) == (0, [help_line])


def test_keys_of_the_plugin_are_validated(installation: Installation, tmp_path: Path) -> None:
    config = tmp_path / "autobuild.yml"
    config.write_text(CONFIG)
    assert installation.run("-m", "bot", "validate", str(config)) == (0, f"{config} is valid.\n")
    config.write_text(CONFIG.replace("families: 2", "families: 0").replace("bang-lines", "bang-line"))
    code, printed = installation.run("-m", "bot", "validate", str(config))
    assert code == 1
    assert "2: `checks.licences.families` is too small: it must be at least 1." in printed
    assert "3: `checks.linting.format` is `bang-line`: did you mean `bang-lines`?" in printed


def test_keys_of_the_plugin_are_in_the_schema(installation: Installation) -> None:
    code, printed = installation.run("-m", "activities.repo_config.schema")
    keys = json.loads(printed)["$defs"]
    assert (code, keys["Licences"]["properties"]["families"]["default"]) == (0, 3)
    assert keys["Linting"]["properties"]["format"]["enum"] == ["bang-lines", "sarif", "text"]


def test_gate_runs_third_party_plugins(installation: Installation, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    (repository / ".github").mkdir(parents=True)
    (repository / ".github" / "autobuild.yml").write_text(CONFIG)
    (repository / "LICENCES.txt").write_text("MIT\nGPL-3.0\n")
    (repository / "lint.txt").write_text("a.txt!3!what is wrong\n")
    code, printed = installation.run(
        "-m", "bot", "gate", "--json", str(repository), AUTOBUILD_DATA=str(tmp_path / "data")
    )
    result = json.loads(printed)
    checks = {check["name"]: check for check in result["checks"]}
    assert (code, checks["licences"]["status"], checks["licences"]["reason"]) == (1, "failed", "1 new error; 0 known.")
    assert list(checks)[-1] == "licences"
    found = {(each["check"], each["tool"], each["path"], each["line"]) for each in result["findings"]}
    assert found == {("licences", "copyleft", "LICENCES.txt", 2), ("linting", "command", "a.txt", 3)}


def test_a_change_of_its_configuration_is_named(installation: Installation) -> None:
    program = (
        "from activities.quality_gate.tool_config_changes import edited; print(edited('licences', ['.copyleft'], {}))"
    )
    assert installation.run("-c", program) == (0, "['.copyleft']\n")


def test_third_party_command_is_parsed(installation: Installation) -> None:
    program = "from bot.commands import parse_commands; print(*parse_commands(['/greet'])[0].lines)"
    assert installation.run("-c", program) == (0, "Hello!\n")
    program = "from bot.commands import parse_commands; print(parse_commands(['/help greet'])[0].entries[0].text)"
    assert installation.run("-c", program) == (0, "`/greet`: Says hello.\n")


def test_third_party_recipe_is_found_and_its_name_is_taken(installation: Installation) -> None:
    program = (
        "from activities.migration.own_recipes import recipe_names, validate_recipe; "
        "print('rename-word' in recipe_names({}), validate_recipe('a.yml', 'name: rename-word\\ntitle: X\\n"
        'steps: [{name: s, title: S, command: "true"}]\')[0].message)'
    )
    sentence = "`rename-word` is the name of a recipe of Autobuild: use another one."
    assert installation.run("-c", program) == (0, f"True {sentence}\n")


@pytest.mark.parametrize("name", ["gate", "all", "failed"])
def test_a_reserved_name_stops_the_start(tmp_path: Path, name: str) -> None:
    """The gate's check run has the first, `/retest` reads the others."""
    text = (EXAMPLES / "licences.py").read_text().replace('Check("licences"', f'Check("{name}"')
    code, printed = as_files(tmp_path, {f"activities/checks/{name}.py": text}).run("-m", "bot", "list", "checks")
    assert (code, printed.partition(":")[0]) == (2, "autobuild")
    assert f"No check can be called `{name}`: " in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("'''Nothing.'''", "must define exactly one Check object, and defines none."),
        (
            "from activities.checks.linting import check\nfrom activities.checks.security import check as other",
            "2 of them",
        ),
        ("import nothing_of_this_name", "cannot be imported: No module named 'nothing_of_this_name'."),
        ("from activities.checks.linting import check", "is loaded as 'broken' and calls itself 'linting'"),
    ],
)
def test_a_broken_module_stops_the_start(tmp_path: Path, text: str, sentence: str) -> None:
    code, printed = as_files(tmp_path, {"activities/checks/broken.py": text}).run("-m", "bot", "list", "checks")
    assert code == 2
    assert printed.startswith("autobuild: ")
    assert "activities.checks.broken" in printed
    assert sentence in printed
    assert "Traceback" not in printed
