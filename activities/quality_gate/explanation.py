"""What a gate would do in a folder, and where each part was learnt: read from its files, without starting anything."""

from collections.abc import Iterator
from pathlib import Path

from activities import checks, toolchains
from activities.checking import ToolRun
from activities.custom_command import configured_tool
from activities.languages.javascript.package_json import read_package
from activities.languages.javascript.scripts import test_script
from activities.languages.python.hook_rules import hook_arguments
from activities.languages.python.tests_of_repository import declared_tests
from activities.languages.unsupported import unsupported_languages
from activities.model import CONFIG_PATH, CheckPlan
from activities.projects import find_projects
from activities.quality_gate.tool_selection import ToolChoice, select_tools
from activities.repo_config import options_for_project, plan_gate
from activities.reporting.planned import Explanation, PlannedProject, PlannedTool
from activities.tooling import REPOSITORY, Project

_TEST_CHECKS = ("unit_tests", "integration_tests", "coverage")


def explain(folder: Path) -> Explanation:
    """Of the folder's files as they are, its own configuration included."""
    text = Project(".", folder, REPOSITORY).read(CONFIG_PATH)
    plan = plan_gate(text or None)
    found = find_projects(folder, plan.folders)
    chains = {chain.language: chain for chain in toolchains.registry().values()}
    projects = tuple(PlannedProject(one.folder, one.language, chains[one.language].recipe(one).steps) for one in found)
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
    unknown += _without_command(planned, found)
    return Explanation(projects, tuple(planned), skipped, tuple(unknown))


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
        package = read_package(project)
        script = test_script(package, "integration" if check == "integration_tests" else "unit")
        return (package.scripts[script], f'the script "{script}" in package.json') if script else (tool.name, "")
    arguments = hook_arguments(project, *tool.detection.hooks)
    return " ".join((tool.program_name(project), *arguments)), ".pre-commit-config.yaml" if arguments else ""


def _without_command(planned: list[PlannedTool], found: tuple[Project, ...]) -> Iterator[str]:
    """Test scripts of which only the exit code is understood."""
    for tool in planned:
        if tool.tool == "node-test" and "--test" not in tool.command and tool.check == "unit_tests":
            yield f"{tool.learnt_in}: its runner is not known, so the script counts as one test."
    if not found:
        yield "No project of a language that is known was found."
