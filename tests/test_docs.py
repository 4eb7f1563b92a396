"""What the documentation says is what the program does."""

import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner
from temporalio import workflow

from activities import checks, formats, toolchains, tools
from activities.recipes import react18
from activities.reporting.migration import ROLLED_BACK_ON_REQUEST
from activities.reporting.reasons import benchmarks_reason, coverage_reason, findings_reason
from bot import commands
from bot.cli import cli
from bot.demo import migrate
from bot.settings import Settings
from tests.doc_tables import ROOT, pages, with_tables
from workflows.registered import ALL

README = (ROOT / "README.md").read_text("utf-8")
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
CHECKS = (ROOT / "docs" / "checks.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")

PAGES = [path.relative_to(ROOT).as_posix() for path in pages()]

# Written apart, since this file is searched too.
HOSTS = [".".join(words) for words in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("yarnpkg", "com"))]


@pytest.mark.parametrize("page", PAGES)
def test_generated_tables_are_up_to_date(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert text == with_tables(text), "run `make docs`"


def test_every_command_and_option_has_its_line() -> None:
    rows = {match[1]: match[0] for match in re.finditer(r"^\| `autobuild (\w+).*$", README, re.MULTILINE)}
    assert set(rows) == set(cli.commands)
    for name, command in cli.commands.items():
        options = [option.opts[0] for option in command.params if isinstance(option, click.Option)]
        assert [option for option in options if f"`{option}" not in rows[name]] == [], name


def test_every_plugin_is_named() -> None:
    named = [*checks.registry(), *tools.registry(), *toolchains.registry(), *formats.registry()]
    assert [name for name in named if f"| `{name}` |" not in CHECKS] == []
    assert [tool.name for name, tool in tools.registry().items() if tool.name != name] == []
    assert [command.usage for command in commands.registry().values() if f"| `{command.usage}` |" not in README] == []
    assert [name for name in checks.registry() if f"`{name}`" not in README] == []


@pytest.mark.parametrize("kind", ["checks", "tools", "toolchains", "formats", "recipes", "commands"])
def test_list_describes_every_plugin(kind: str) -> None:
    lines = CliRunner().invoke(cli, ["list", kind]).output.splitlines()
    assert lines
    assert [line for line in lines if len(line.split(maxsplit=1)) < 2] == []


def test_every_setting_has_its_line_and_no_other_is_named() -> None:
    known = {word for name, _, _ in Settings.table() for word in name.split(" or ")}
    listed = set(re.findall(r"`([A-Z_]+)`", "\n".join(re.findall(r"^\| `[A-Z_]+`.*$", OPERATIONS, re.MULTILINE))))
    assert known <= listed
    everywhere = "\n".join((ROOT / page).read_text("utf-8") for page in PAGES)
    for_commands = {"AUTOBUILD_ENVIRONMENT", "AUTOBUILD_ENVIRONMENT_URL"}  # what `incidents.staging` tells them
    assert set(re.findall(r"\bAUTOBUILD_[A-Z_]*[A-Z]", everywhere)) <= known | for_commands


def test_every_workflow_is_named_with_its_signals_updates_and_queries() -> None:
    for each in ALL:
        defined = workflow._Definition.must_from_class(each)
        row = re.search(rf"^\| `{defined.name}` .*$", ARCHITECTURE, re.MULTILINE)
        assert f"| `{defined.name}` |" in README
        assert row, defined.name
        words = set(re.findall(r"`(\w+)`", row[0])) - {defined.name}
        own_queries = {name for name in defined.queries if name and not name.startswith("__")}
        assert words == {name for name in (*defined.signals, *defined.updates) if name} | own_queries


def test_every_path_of_the_webhook_server_is_documented() -> None:
    added = re.findall(r'add_(get|post)\("([^"]+)"', (ROOT / "bot" / "webhook" / "server.py").read_text("utf-8"))
    assert len(added) >= 3
    assert [path for verb, path in added if f"| `{verb.upper()} {path}` |" not in OPERATIONS] == []


@pytest.mark.parametrize("page", PAGES)
def test_documented_commands_exist(page: str) -> None:
    for words in examples(page, "autobuild"):
        parse(words[1:])
    for words in examples(page, "make"):
        wanted = [word for word in words[1:] if "=" not in word]
        assert set(wanted) <= make_targets(), words


def test_documentation_has_examples() -> None:
    typed = {words[1] for page in PAGES for words in examples(page, "autobuild")}
    assert typed >= set(cli.commands) - {"demo"}


def examples(page: str, program: str) -> Iterator[list[str]]:
    """The lines of a page's code blocks that start `program`, as a shell splits them."""
    for block in re.findall(r"^ *```\w*\n(.*?)^ *```", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            if line.split()[:1] == [program]:
                yield shlex.split(line, comments=True)


def parse(argv: list[str]) -> None:
    """As the program reads its command line; raises click's own error for what it would refuse."""
    name, *rest = argv
    assert name in cli.commands, argv
    cli.commands[name].make_context(name, rest)


def make_targets() -> set[str]:
    return set(re.findall(r"^([\w./-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES)
def test_paths_in_the_text_exist(page: str) -> None:
    """Files of this repository are named with their folder: `workflows/config.py`. What is quoted as a whole, between
    four backticks, is about another repository."""
    text = re.sub(r"````.*?````", "", (ROOT / page).read_text("utf-8"), flags=re.DOTALL)
    named = re.findall(r"`((?:activities|benchmarks|bot|docs|simulator|tests|workflows)/[\w./-]*)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_links_have_targets(page: str) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text("utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if not link.startswith(("https://", "http://", "mailto:")):
            file, _, heading = link.partition("#")
            there = (ROOT / page).parent / file if file else ROOT / page
            assert there.is_file(), link
            assert not heading or heading in headings(there), link


def headings(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    titles = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_readme_shows_what_the_demo_prints() -> None:
    titles = {step.name: step.title for step in react18.recipe.steps}
    for reason in (
        findings_reason({"warning": 2}, 1, ()),
        findings_reason({"error": 1, "notice": 1}, 0, ()),
        coverage_reason(66.6, 80, 90.0, 0, ()),
        benchmarks_reason(1, 1, {}, informational=True),
        f"{migrate.TAKEN_BACK}: taken back: {ROLLED_BACK_ON_REQUEST}",
        *(titles[name] for name in ("packages", "roots", "docs")),
    ):
        assert reason in README


def test_changelog_has_unreleased_entries() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    unreleased = re.search(r"^## Unreleased\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert unreleased
    assert re.search(r"^- ", unreleased[1], re.MULTILINE)


def test_the_image_runs_what_the_platform_starts_and_not_as_root() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    platform = tomllib.loads((ROOT / "fly.toml").read_text("utf-8"))
    assert 'ENTRYPOINT ["autobuild"]' in lines
    assert set(platform["processes"]) == {"web", "worker"}
    for arguments in platform["processes"].values():
        parse(shlex.split(arguments))
    last = max(index for index, line in enumerate(lines) if line.startswith("FROM "))
    users = [line.split()[1] for line in lines[last:] if line.startswith("USER ")]
    assert users
    assert users[-1] not in ("root", "0")


def test_the_documentation_names_the_permissions_that_the_app_asks_for() -> None:
    asked = yaml.safe_load((ROOT / "app.yml").read_text("utf-8"))["default_permissions"]
    security = (ROOT / "docs" / "security.md").read_text("utf-8")
    assert [name for name, level in asked.items() if f"`{name}: {level}`" not in security] == []


# The registries that an install step may reach where nothing else is configured, and the source of pip-audit's advisories.
NAME_DEFAULT_REGISTRIES = {
    "bot/settings/registry_hosts.py",
    "activities/tools/pip_audit.py",
    "activities/migration/transforms/python_locks.py",
}


def test_no_file_names_a_registry_or_this_machine() -> None:
    """Where packages come from, and where this folder lies, is every machine's own business."""
    words = [*HOSTS, *(str(path) for path in (ROOT, Path.home()) if len(path.parts) > 2)]
    found = re.compile("|".join(rf"(?<![\w.-]){re.escape(word)}(?![\w-])" for word in words))
    naming = {path: match[0] for path, text in tracked() if (match := found.search(text))}
    assert not naming.keys() - NAME_DEFAULT_REGISTRIES, naming


def tracked() -> Iterator[tuple[str, str]]:
    """The files under version control: (path, text)."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    names = [name for name in listed.decode().split("\0") if name]
    assert "README.md" in names
    for name in names:
        if (path := ROOT / name).is_file():
            yield name, path.read_text("utf-8", "replace")
