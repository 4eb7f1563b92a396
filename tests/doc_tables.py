"""The parts of the documentation that the code decides. `make docs` regenerates all of them: the tables,
the schema of the configuration, and the pages of the bot's texts.

A table stands between `<!-- table: name -->` and `<!-- /table -->`; everything around it is written by hand.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import click
from temporalio import activity

from activities import checks, formats, recipes, toolchains, tools
from activities.budgets.activities import BudgetActivities
from activities.budgets.types import BudgetCaps
from activities.check_options import CheckOptions, CommandOptions, FindingsOptions
from activities.github_activities import github_activities
from activities.incident_engine.monitoring_activities import MonitoringActivities
from activities.migration import recipe_file
from activities.plugins import help_line
from activities.registration import activity_methods
from activities.repo_config.schema import schema
from activities.tool_activities import ToolActivities
from activities.workflow_activities import WorkflowActivities
from benchmarks.build.simulation import Simulation
from bot import alerts, commands
from bot.cli import cli
from bot.settings import WEB_NEEDS, WORKER_NEEDS, Settings
from tests.activities.planned_changes import snapshot as planned_snapshot
from tests.activities.reporting import snapshot

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- /table -->)", re.DOTALL)
_NOBODY = cast(Any, None)  # the activities are listed, and none is called

Row = tuple[str, ...]


def with_tables(text: str) -> str:
    """The page with each of its tables as the code says it now."""
    return _BLOCK.sub(lambda match: f"{match[1]}{_table(*TABLES[match[2]]())}{match[3]}", text)


def pages() -> list[Path]:
    """Every page of the documentation."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def _table(*rows: Row) -> str:
    head, *body = rows
    lines = [head, tuple("---" for _ in head), *body]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|") or "–"


def _activities() -> Iterator[Row]:
    yield "Activity", "What it does", "Where it runs"
    of_tools = activity_methods(ToolActivities(_NOBODY))
    for each in sorted(of_tools, key=_name):
        # Whoever takes `prepare_workspace` is the host from then on.
        where = "any worker" if _name(each) == "prepare_workspace" else "the workspace's host"
        yield f"`{_name(each)}`", _first_line(each), where
    for each in sorted(
        [
            *github_activities(_NOBODY, _NOBODY, _NOBODY, _NOBODY),
            *activity_methods(WorkflowActivities(""), BudgetActivities("", BudgetCaps())),
            *activity_methods(MonitoringActivities(_NOBODY, _NOBODY)),
        ],
        key=_name,
    ):
        on_host = _name(each) in ("complete_check_run", "create_commit", "push_branch", "update_check_runs")
        yield f"`{_name(each)}`", _first_line(each), "the workspace's host" if on_host else "any worker"


def _name(method: Callable[..., Any]) -> str:
    return str(activity._Definition.must_from_callable(method).name)


def _first_line(thing: object) -> str:
    return (thing.__doc__ or "").strip().partition("\n")[0]


def _slash() -> Iterator[Row]:
    yield "Comment", "What it does", "Needs"
    for command in commands.registry().values():
        yield f"`{command.usage}`", command.help, f"{command.permission} access"


def _recipes() -> Iterator[Row]:
    yield "Recipe", "What it migrates", "Steps"
    for name, recipe in recipes.registry().items():
        steps = ", ".join(f"`{step.name}`" + (" (only on request)" if step.optional else "") for step in recipe.steps)
        yield f"`{name}`", _module("activities.recipes", name), steps


def _program() -> Iterator[Row]:
    yield "Command", "Options", "What it does"
    for name, command in sorted(cli.commands.items()):
        context = click.Context(command, info_name=name)
        given = [part for part in command.collect_usage_pieces(context) if part != "[OPTIONS]"]
        options = [_option(one) for one in command.params if isinstance(one, click.Option)]
        yield f"`{' '.join(['autobuild', name, *given])}`", ", ".join(options), command.get_short_help_str(200)


def _option(option: click.Option) -> str:
    value = "" if option.is_flag else f" {option.make_metavar(click.Context(cli))}"
    return f"`{option.opts[0]}{value.split('[', maxsplit=1)[0]}`"


def _checks() -> Iterator[Row]:
    yield "Check", "What it looks at", "Required", "Time-out", "Fails on"
    for name, check in checks.registry().items():
        what, default = _module("activities.checks", name), check.options()
        fails = f"a new {default.fail_on} or worse" if isinstance(default, FindingsOptions) else ""
        yield f"`{name}`", what, "yes" if default.required else "no", default.timeout, fails


def _check_names() -> Iterator[Row]:
    yield "Check", "What it looks at"
    for name in checks.registry():
        yield f"`{name}`", _module("activities.checks", name)


def _keys() -> Iterator[Row]:
    """Each check's keys, without those that are the same for all."""
    yield "Key", "Default", "Meaning"
    shared = {*CommandOptions.model_fields, *CheckOptions.model_fields} - {"required", "timeout"}
    for name, check in checks.registry().items():
        schema = check.options.model_json_schema()
        for key, about in schema["properties"].items():
            if key not in shared:
                yield f"`checks.{name}.{key}`", f"`{_shown(about['default'])}`", _meaning(about)
            reference = about.get("items", {}).get("$ref", "").rpartition("/")[2] if key not in shared else ""
            for part, part_about in schema["$defs"][reference]["properties"].items() if reference else ():
                yield f"`checks.{name}.{key}[].{part}`", "–", _meaning(part_about)


def _shown(default: object) -> str:
    return (
        json.dumps(default)
        if isinstance(default, bool)
        else f"{default:g}"
        if isinstance(default, float)
        else f"{default}"
    )


def _meaning(about: dict[str, Any]) -> str:
    *firsts, last = [f"`{each}`" for each in about.get("enum", ())] or [""]
    choices = f": {', '.join(firsts)} or {last}" if firsts else ""
    return f"{about['description'].removesuffix('.')}{choices}."


def _tools() -> Iterator[Row]:
    yield "Tool", "Language", "Checks", "Runs unasked", "Fixes", "What it is"
    for tool in tools.registry().values():
        answers = ", ".join(f"`{check}`" for check in tool.checks)
        said = _module("activities.tools", tool.name)
        what = said.removeprefix(f"{tool.name}: ")
        default, fixes = ("yes" if given else "" for given in (tool.default, tool.fixes))
        yield f"`{tool.name}`", tool.language, answers, default, fixes, what


def _toolchains() -> Iterator[Row]:
    yield "Toolchain", "Language", "How it installs"
    for name, chain in toolchains.registry().items():
        yield f"`{name}`", chain.language, _module("activities.toolchains", name)


def _formats() -> Iterator[Row]:
    yield "Format", "Gives", "What it is"
    for name, form in formats.registry().items():
        yield f"`{name}`", form.gives, _module("activities.formats", name)


def _module(package: str, name: str) -> str:
    return _first_line(import_module(f"{package}.{name.replace('-', '_')}"))


def _settings() -> Iterator[Row]:
    yield "Variable", "Default", "Needed by", "What it says"
    needs = {field: who for fields, who in ((WEB_NEEDS, "web"), (WORKER_NEEDS, "worker")) for field in fields}
    needs |= dict.fromkeys(set(WEB_NEEDS) & set(WORKER_NEEDS), "web, worker")
    by_variable = {Settings.__dataclass_fields__[field].metadata["env"]: who for field, who in needs.items()}
    for name, default, meaning in Settings.table():
        variables = " or ".join(f"`{one}`" for one in name.split(" or "))
        yield variables, f"`{default}`" if default else "", by_variable.get(name.split()[0], ""), meaning


def _alert_sources() -> Iterator[Row]:
    yield "Address", "What sends there"
    for name in alerts.registry():
        yield f"[`POST /alerts/{name}`](docs/incidents.md#{name})", help_line("bot.alerts", name)


TABLES: dict[str, Callable[[], Iterable[Row]]] = {
    "activities": _activities,
    "alert_sources": _alert_sources,
    "check_names": _check_names,
    "checks": _checks,
    "formats": _formats,
    "keys": _keys,
    "program": _program,
    "recipes": _recipes,
    "settings": _settings,
    "slash": _slash,
    "toolchains": _toolchains,
    "tools": _tools,
    **Simulation().tables(),
}


if __name__ == "__main__":
    (ROOT / "docs" / "autobuild.schema.json").write_text(schema(), "utf-8")
    (ROOT / "docs" / "recipe.schema.json").write_text(recipe_file.schema(), "utf-8")
    snapshot.PAGE.write_text(snapshot.page(), "utf-8")
    planned_snapshot.PAGE.write_text(planned_snapshot.page(), "utf-8")
    for page in pages():
        text = page.read_text("utf-8")
        if (new := with_tables(text)) != text:
            page.write_text(new, "utf-8")
