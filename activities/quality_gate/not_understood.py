"""What a repository's files say that a gate does not understand, as sentences that name the file."""

import json
import tomllib
from collections.abc import Iterator

from activities import tools
from activities.languages.javascript.test_plan import GENERIC, plan_tests
from activities.languages.python.tests_of_repository import declared_tests
from activities.languages.yaml_files import read_yaml
from activities.tooling import Project

_WORKFLOWS = ".github/workflows"
_YAML = (".gitlab-ci.yml", ".travis.yml", ".pre-commit-config.yaml")
_MOST = 50


def not_understood(project: Project) -> Iterator[str]:
    """Of one project, or of the repository's root."""
    workflows = (f"{_WORKFLOWS}/{name}" for name in project.files.names(_WORKFLOWS)[:_MOST])
    for name in (*(each for each in workflows if each.endswith((".yml", ".yaml"))), *_YAML):
        if text := project.read(name):
            file = project.inside_repository(name)
            read = read_yaml(text)
            yield from _services(file, read) if isinstance(read, dict) else (_unread(file, "YAML"),)
    for name, form in (("pyproject.toml", "TOML"), ("package.json", "JSON")):
        if (text := project.read(name)) and not _is_readable(text, form):
            yield _unread(project.inside_repository(name), form)
    if project.language == "python":
        yield from _environments(project)
    elif project.language == "javascript":
        yield from _test_programs(project)


def _unread(file: str, form: str) -> str:
    return f"{file}: it could not be read as {form}, so nothing was learnt from it."


def _is_readable(text: str, form: str) -> bool:
    try:
        return isinstance(tomllib.loads(text) if form == "TOML" else json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _services(file: str, workflow: dict[object, object]) -> Iterator[str]:
    jobs = workflow.get("jobs")
    for name, job in jobs.items() if isinstance(jobs, dict) else ():
        services = job.get("services") if isinstance(job, dict) else None
        if isinstance(services, dict) and services:
            yield f"{file}, job {name}: its services ({', '.join(map(str, services))}) are not started."


def _environments(project: Project) -> Iterator[str]:
    """Files that run tests most often, where the tests' command was not found."""
    if not declared_tests(project).runner:
        for name in ("tox.ini", "tox.toml", "noxfile.py"):
            if project.has_file(name):
                yield f"{project.inside_repository(name)}: no command that runs the tests was understood."


def _test_programs(project: Project) -> Iterator[str]:
    """Programs of test scripts of which only the exit code is understood."""
    known = tuple(tools.registry().values())
    for select in ("unit", "integration"):
        for run in plan_tests(project, select, known):
            if run.tool == GENERIC and "--test" not in run.call.args and run.call.script:
                file, program = project.inside_repository("package.json"), run.call.program or run.call.text
                yield f'{file}, script "{run.call.script}": {program} is not known, so only its exit code counts.'
