"""Runs the tasks and prints a table."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import click
import yaml

from activities.agent_runs.deployment import AgentDeployment, AgentsFile
from activities.sandbox.ownership import claimed
from activities.sandbox.select import make_runner
from bot.settings import Settings
from bot.settings.agents import agent_deployment
from bot.settings.registries import egress_proxy, install_settings

from .attempt import Attempt, attempt
from .issue_runs import run_issues
from .tasks import BuildTask, tasks
from .whole_issues import whole_issues

T = TypeVar("T")


@click.command()
@click.argument("names", nargs=-1)
@click.option("--agents", type=click.Path(path_type=Path), help="A deployment's file. Without it answers are scripted.")
@click.option("--model", default="", help="One of its models; without it the first.")
@click.option("--issues", is_flag=True, help="Whole issues, from the label to the pull request.")
def main(names: tuple[str, ...], agents: Path | None, model: str, *, issues: bool) -> None:
    """Let agents do small tasks, or whole issues, and run the hidden tests."""
    if issues and model:
        raise click.UsageError("--model is for tasks: for issues the deployment's file says who works.")
    with tempfile.TemporaryDirectory(prefix="autobuild-build-") as place:
        if issues:
            made = asyncio.run(run_issues(_chosen(names, whole_issues(), "issue"), agents, Path(place)))
            sys.exit(0 if all(one.solved for one in made) else 1)
        attempts = asyncio.run(run_tasks(_chosen(names, tasks(), "task"), agents, model, Path(place)))
    sys.exit(0 if all(one.solved for one in attempts) else 1)


def _chosen(names: Sequence[str], found: Mapping[str, T], kind: str) -> list[T]:
    if unknown := set(names) - found.keys():
        raise click.UsageError(f"There is no {kind} {sorted(unknown)[0]!r}. There are {', '.join(found)}.")
    return [found[name] for name in names or found]


async def run_tasks(chosen: list[BuildTask], agents: Path | None, model: str, place: Path) -> list[Attempt]:
    """One after another: each may use both processors."""
    made = []
    with claimed(place):
        egress = egress_proxy(os.environ, ())
        runner = await make_runner("bubblewrap", *install_settings(os.environ), egress)
        for task in chosen:
            deployment = _deployment(agents) if agents else _scripted(task, place)
            made.append(await attempt(task, deployment, model or next(iter(deployment.models)), runner, place))
            print(_row(made[-1]), flush=True)
    solved = sum(one.solved for one in made)
    dollars, seconds = sum(one.dollars for one in made), sum(one.seconds for one in made)
    print(f"{solved} of {len(made)} solved, ${dollars:.2f}, {seconds / 60:.1f} minutes")
    return made


def _row(one: Attempt) -> str:
    mark = "solved" if one.solved else "FAILED"
    row = f"{one.task:24} {mark}  {one.rounds} rounds  {one.steps:3} steps"
    row += f"  ${one.dollars:.3f}  {one.seconds / 60:.1f} min"
    return row if one.solved else f"{row}\n{one.why}"


def _deployment(file: Path) -> AgentDeployment:
    environ = {**os.environ, "AUTOBUILD_AGENTS": str(file)}
    return agent_deployment(Settings.load(environ, needs=()), environ)


def _scripted(task: BuildTask, place: Path) -> AgentDeployment:
    """A model that knows the answer."""
    script = place / f"{task.name}.yml"
    edits = [one.model_dump(exclude_defaults=True) for one in task.solution]
    script.write_text(yaml.safe_dump({"answers": [{"edits": edits, "answer": "Done."}]}), "utf-8")
    models = {"scripted": {"backend": "scripted", "script": str(script)}}
    return AgentDeployment(AgentsFile.model_validate({"models": models}, strict=False))


if __name__ == "__main__":
    main()
