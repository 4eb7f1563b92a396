"""From the configuration to what a gate does: plain values that fit in a history."""

from collections.abc import Mapping
from typing import Any

from activities.defaults import seconds
from activities.model import CheckPlan, GatePlan
from activities.repo_config.models import ForProject, RepoConfig

# Keys that decide the verdict, and start no tool again when they change.
_JUDGING = ("fail_on", "severity", "minimum", "total_minimum", "mode", "regression", "critical_allowed")
_COMMAND = ("command", "format", "report", "install")


def plan_of(config: RepoConfig) -> GatePlan:
    """All eight checks. Those that are switched off do not apply; what else applies is seen in the tree."""
    checks = tuple(_check(config, name, check) for name, check in config.checks)
    folders = tuple(project.path for project in config.projects)
    return GatePlan(
        checks,
        threshold=config.threshold,
        autofix=config.autofix,
        folders=folders,
        auto_merge=config.auto_merge,
        merge_method="" if config.merge_method == "any" else config.merge_method,
    )


def options_for_project(tool_options: Mapping[str, Any], folder: str) -> Mapping[str, Any]:
    """A check's options in one project: those of the whole repository, with the project's own over them. A project's
    own command replaces tools and the other way round. `enabled` is False where the project switches it off."""
    whole = {key: value for key, value in tool_options.items() if key != "projects"}
    own = tool_options.get("projects", {}).get(folder, {})
    if "command" in own or "tools" in own:
        whole = {key: value for key, value in whole.items() if key not in {"tools", *_COMMAND}}
    return {**whole, **own}


def _check(config: RepoConfig, name: str, check: Any) -> CheckPlan:
    projects = {project.path: _run(getattr(project.checks, name)) for project in config.projects}
    own = {folder: options for folder, options in projects.items() if options}
    return CheckPlan(
        name=name,
        applies=check.enabled,
        required=check.required,
        reason="" if check.enabled else "It is switched off in .github/autobuild.yml.",
        weight=check.weight,
        timeout_s=seconds(check.timeout),
        tool_options={**_run(check), **_given(check, ("rounds",)), **({"projects": own} if own else {})},
        judging={**_given(check, _JUDGING), **({"ignore": list(config.ignore)} if config.ignore else {})},
    )


def _run(check: ForProject) -> dict[str, Any]:
    """What is run. Only what somebody asked for: an option that nobody set must not change a stored report's key."""
    command = _given(check, _COMMAND) if check.command else {}
    tools = {"tools": list(check.tools)} if check.tools else {}
    return {**command, **tools, **({} if check.enabled else {"enabled": False})}


def _given(check: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    values = {key: getattr(check, key, "") for key in keys}
    return {key: value for key, value in values.items() if value != ""}
