"""What a gate would do in a folder, and where each part was learnt: read from its files, without starting anything."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from activities import checks, toolchains, tools
from activities.checking import ToolRun
from activities.custom_command import configured_tool
from activities.languages.javascript.test_plan import plan_tests
from activities.languages.python.hook_rules import hook_arguments
from activities.languages.python.tests_of_repository import declared_tests
from activities.languages.unsupported import unsupported_languages
from activities.model import CONFIG_PATH, CheckPlan
from activities.quality_gate.not_understood import not_understood
from activities.quality_gate.projects import find_projects
from activities.quality_gate.tool_selection import ToolChoice, select_tools
from activities.repo_config import options_for_project, plan_gate
from activities.reporting.planned import Explanation, PlannedProject, PlannedTool
from activities.tooling import REPOSITORY, EnvironmentRecipe, Project

_TEST_CHECKS = ("unit_tests", "integration_tests", "coverage")


def explain(folder: Path) -> Explanation:
    """Of the folder's files as they are, its own configuration included."""
    text = Project(".", folder, REPOSITORY).read(CONFIG_PATH)
    plan = plan_gate(text or None)
    found = find_projects(folder, plan.folders)
    chains = {chain.language: chain for chain in toolchains.registry().values()}
    recipes = [(one, chains[one.language].recipe(one)) for one in found]
    projects = tuple(PlannedProject(one.folder, one.language, _steps(recipe)) for one, recipe in recipes)
    planned: list[PlannedTool] = []
    skipped: dict[str, str] = {}
    for check in plan.checks:
        tools = list(_tools(folder, check, found, plan.folders)) if check.applies else []
        planned += tools
        if not tools:
            skipped[check.name] = check.reason or checks.registry()[check.name].nothing
    unknown = [
        f"{seen.manifest}: {seen.language.name} is not looked at; a check needs a command in {CONFIG_PATH}."
        for seen in unsupported_languages(folder, bool(found))
    ]
    unknown += [f"{CONFIG_PATH}, line {plan.line}: {plan.problem}"] if plan.problem else []
    places = (*found, *(() if any(one.folder == "." for one in found) else (Project(".", folder, REPOSITORY),)))
    unknown += dict.fromkeys(sentence for place in places for sentence in not_understood(place))
    unknown += [] if found else ["No project of a language that is known was found."]
    return Explanation(projects, tuple(planned), skipped, tuple(unknown))


def _steps(recipe: EnvironmentRecipe) -> tuple[str, ...]:
    """Each with the file that it was learnt from, where it does not name that itself."""
    return tuple(
        f"{step} (from {found_in})" if found_in else step
        for step, found_in in zip_longest(recipe.steps, recipe.learnt_in, fillvalue="")
    )


def _tools(root: Path, check: CheckPlan, found: tuple[Project, ...], folders: tuple[str, ...]) -> Iterator[PlannedTool]:
    looked_at = (*found, Project(".", root, REPOSITORY))
    options = {one.folder: options_for_project(check.tool_options, one.folder) for one in looked_at}
    choices = []
    for project in looked_at:
        own = options[project.folder]
        if own.get("enabled") is not False and not configured_tool(check.name, own):
            names = own.get("tools") or ()
            asked = not {"", project.folder}.isdisjoint(check.asked)
            choices.append(ToolChoice(project, tuple(map(str, names)), asked))
    for run in select_tools(check.name, tuple(choices)):
        command, learnt_in = _command(check.name, run)
        version = run.tool.version_named(run.project)
        yield PlannedTool(
            check.name, run.project.folder, run.tool.name, version, run.asked_in, command, learnt_in or run.asked_in
        )
    for folder in folders or (".",):
        own = options_for_project(check.tool_options, folder)
        if command := str(own.get("command") or ""):
            yield PlannedTool(check.name, folder, "command", "", CONFIG_PATH, command, CONFIG_PATH)


def _command(check: str, run: ToolRun) -> tuple[str, str]:
    """(what is started, where that was learnt)."""
    project, tool = run.project, run.tool
    if (started := tool.started_by(project, check))[0]:
        return started
    if check in _TEST_CHECKS and project.language == "python":
        tests = declared_tests(project)
        words = " ".join((*(f"{name}={value}" for name, value in tests.variables), tests.runner, *tests.words))
        return (words, tests.found_in) if tests.runner else (tool.name, "")
    if check in _TEST_CHECKS:
        select = "integration" if check == "integration_tests" else "unit"
        runs = [one for one in plan_tests(project, select, tuple(tools.registry().values())) if one.tool == tool.name]
        scripts = dict.fromkeys(one.call.script for one in runs if one.call.script)
        words = " && ".join(one.call.text or one.call.script for one in runs if one.call.script)
        learnt = " and ".join(f'the script "{script}"' for script in scripts)
        return (words, f"{learnt} in package.json") if scripts else (tool.name, "")
    arguments = hook_arguments(project, *tool.detection.hooks)
    return " ".join((tool.program_name(project), *arguments)), ".pre-commit-config.yaml" if arguments else ""
