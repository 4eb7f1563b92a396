"""A check that reads the test run of another one: which of its options are whose."""

from dataclasses import replace

from activities import checks
from activities.model import CheckPlan, GatePlan


def sharing_one_run(plan: GatePlan) -> GatePlan:
    """A check that reads the test run of another asks for the very same run, as far as nothing was set for itself: what
    was, for all projects or for one, stays."""
    by_name = {one.name: one for one in plan.checks}

    def shared(one: CheckPlan) -> CheckPlan:
        other = by_name.get(checks.registry()[one.name].shares_run)
        if other is None:
            return one
        projects = {
            # A command needs no test run that may have been switched off.
            folder: {"enabled": True, **options} if "command" in options else options
            for folder, options in one.tool_options.get("projects", {}).items()
        }
        if not one.tool_options.keys() <= {"projects"}:
            return replace(one, tool_options={**one.tool_options, **({"projects": projects} if projects else {})})
        projects = {**other.tool_options.get("projects", {}), **projects}
        options = {**other.tool_options, **({"projects": projects} if projects else {})}
        has_own_limit = one.timeout_s != CheckPlan.timeout_s
        return replace(one, tool_options=options, timeout_s=one.timeout_s if has_own_limit else other.timeout_s)

    return replace(plan, checks=tuple(shared(one) for one in plan.checks))
