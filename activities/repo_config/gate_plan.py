"""From the configuration to what a gate does: plain values that fit in a history."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from activities.check_options import CheckOptions, CommandOptions, Keys
from activities.defaults import hours, seconds
from activities.model import CheckPlan, GatePlan
from activities.repo_config.models import RepoConfig

_SHARED = frozenset({*CommandOptions.model_fields, *CheckOptions.model_fields, "format"})
_COMMAND = ("command", "format", "report", "install")


def plan_of(config: RepoConfig) -> GatePlan:
    """All checks. Those that are switched off do not apply; whether the others apply depends on the tree."""
    every = config.schedule.every
    return GatePlan(
        tuple(_check_plan(config, name, check) for name, check in config.checks),
        threshold=config.threshold,
        autofix=config.autofix,
        agent_fixes=config.agent.fixes,
        folders=tuple(project.path for project in config.projects),
        auto_merge=config.auto_merge,
        merge_method="" if config.merge_method == "any" else config.merge_method,
        schedule_s=hours(every) * 3600 if every else 0.0,
        schedule_fall=config.schedule.fall if every else 0.0,
    )


def options_for_project(tool_options: Mapping[str, Any], folder: str) -> Mapping[str, Any]:
    """A check's options in one project: those of the whole repository, with the project's own over them. A project's
    own command replaces tools and the other way round. `enabled` is False where the project switches it off."""
    whole = {key: value for key, value in tool_options.items() if key != "projects"}
    own = tool_options.get("projects", {}).get(folder, {})
    if "command" in own or "tools" in own:
        whole = {key: value for key, value in whole.items() if key not in {"tools", *_COMMAND}}
    return {**whole, **own}


def _check_plan(config: RepoConfig, name: str, check: Any) -> CheckPlan:
    projects = {project.path: _run(getattr(project.checks, name)) for project in config.projects}
    own = {folder: options for folder, options in projects.items() if options}
    judging = [key for key in type(check).model_fields if key not in (*_SHARED, *check.tool_keys)]
    return CheckPlan(
        name=name,
        applies=check.enabled,
        required=check.required,
        reason="" if check.enabled else "Disabled in .github/autobuild.yml.",
        weight=check.weight,
        timeout_s=seconds(check.timeout),
        tool_options={**_run(check), **_given(check, check.tool_keys), **({"projects": own} if own else {})},
        judging={**_given(check, judging), **({"ignore": list(config.ignore)} if config.ignore else {})},
        asked=tuple(_asked(config, name, check)),
    )


def _asked(config: RepoConfig, name: str, check: CommandOptions) -> Iterator[str]:
    """A key that somebody wrote asks for the check."""
    if check.model_fields_set:
        yield ""
    yield from (project.path for project in config.projects if getattr(project.checks, name).model_fields_set)


def _run(check: CommandOptions) -> dict[str, Any]:
    """What is run. Only what was set: an option that keeps its default must not change a stored report's key."""
    command = _given(check, _COMMAND) if check.command else {}
    tools = {"tools": list(check.tools)} if check.tools else {}
    return {**command, **tools, **({} if check.enabled else {"enabled": False})}


def _given(check: Keys, keys: Iterable[str]) -> dict[str, Any]:
    values = check.model_dump(mode="json")
    return {key: values[key] for key in keys if values.get(key, "") not in ("", [])}
