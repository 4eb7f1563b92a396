"""Clones, runs both, prints the tables."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from .by_hand import by_hand
from .by_the_gate import counted, verdict
from .clones import NotMeasured, clone, git, plant
from .listed import REPOSITORIES
from .repositories import Planted, Repository

_HEAD = """# The gate beside what a repository's own CI runs

Written by `python -m benchmarks.compared --into docs/compared.md`. Each repository is cloned at its commit. `autobuild
gate` runs on it without a base, so that every finding is new. In a second clone, the commands that its CI starts run as
they stand here, in an environment with the packages that its CI installs; the code is run as it lies there, and nothing
of a clone is built (a published archive is installed). What the repository does not ask for is not compared, nor what
audits of dependencies say (that changes from day to day). A test that fails as expected counts as skipped. Coverage
that CI does not measure, and the gate could not, has no row.
"""


@click.command()
@click.argument("wanted", nargs=-1, type=click.Choice([one.name for one in REPOSITORIES]))
@click.option("--work", type=click.Path(path_type=Path), default=Path(".autobuild/compared"))
@click.option("--mirrors", type=click.Path(path_type=Path), help="Has owner+name/repo; else github.com is asked.")
@click.option("--commits", default=0, help="Gate the last so many commits too, each against the one before it.")
@click.option("--planted", is_flag=True, help="Commit defects too, and say which the gate found.")
@click.option("--into", type=click.Path(path_type=Path), help="A file for the tables, else they are printed.")
def main(
    wanted: tuple[str, ...], work: Path, mirrors: Path | None, commits: int, planted: bool, into: Path | None
) -> None:
    """Compare the gate's counts on public repositories with those of the commands that their CI runs."""
    sections = [_HEAD]
    for repository in REPOSITORIES:
        if wanted and repository.name not in wanted:
            continue
        click.echo(f"{repository.name} …", err=True)
        place = work.resolve() / repository.folder
        lines = [f"## {repository.name}\n", f"{repository.make}. Commit or version: `{repository.commit[:12]}`.\n"]
        try:
            lines += _compared(repository, place, mirrors)
            lines += _planted(repository, place) if planted and repository.planted else ()
            lines += _merged(repository, place, commits) if commits else ()
        except NotMeasured as problem:
            click.echo(f"{repository.name} was not measured: {problem}", err=True)
            continue
        sections.append("\n".join(lines) + "\n")
        click.echo(sections[-1], err=True)
    if into:
        into.write_text("\n".join(sections), "utf-8")
    else:
        click.echo("\n".join(sections))


def _compared(repository: Repository, place: Path, mirrors: Path | None) -> Iterator[str]:
    """Environments of an earlier run are used again, what it measured is not."""
    for name in ("repository", "by-hand", "unpacked", "data/results"):
        shutil.rmtree(place / name, ignore_errors=True)
    clone(repository, place / "repository", mirrors)
    verdict(place / "repository", place / "data")
    gate = counted(place / "data")
    shutil.copytree(place / "repository", place / "by-hand", symlinks=True)
    hand = by_hand(repository, place / "by-hand")
    yield "| tool | what its CI runs | by hand | the gate | equal |\n|---|---|---|---|---|"
    for tool in sorted({*gate, *hand}):
        command = repository.commands.get(tool, "")
        if not command and gate[tool].startswith("no answer: Coverage was not measured"):
            continue
        one, other = hand.get(tool, "not run"), gate.get(tool, "not run")
        yield f"| {tool} | {f'`{command}`' if command else ''} | {one} | {other} | {_yes(one == other)} |"
    yield f"\n{repository.note}\n" if repository.note else ""


def _planted(repository: Repository, place: Path) -> Iterator[str]:
    """All defects in one commit, which is removed again."""
    root = place / "repository"
    plant(root, repository.planted)
    said = verdict(root, place / "data", "HEAD~1")
    git(root, "reset", "--quiet", "--hard", "HEAD~1")
    yield "| planted in | check | found, and blocked |\n|---|---|---|"
    for one in repository.planted:
        yield f"| `./{one.path}` | {one.check} | {_yes(_is_found(one, said))} |"
    yield ""


def _is_found(planted: Planted, said: dict[str, Any]) -> bool:
    blocked = any(check["name"] == planted.check and check["status"] == "failed" for check in said["checks"])
    counts = (one for one in said["findings"] if one["new"] and not one["informational"])
    mine = (one for one in counts if one["check"] == planted.check)
    # ava's reports name no file.
    return blocked and any(one["path"] == planted.path or "planted" in one["message"] for one in mine)


def _merged(repository: Repository, place: Path, commits: int) -> Iterator[str]:
    """From the oldest to the newest, so that what was measured of one is the base of the next."""
    root, blocked = place / "repository", []
    newest_first = git(root, "log", "--first-parent", f"-{commits}", "--format=%H %s").splitlines()
    for sha, _, subject in (line.partition(" ") for line in reversed(newest_first)):
        git(root, "checkout", "--quiet", "--force", "--detach", sha)
        said = verdict(root, place / "data", f"{sha}~1")
        if not said["can_merge"]:
            why = repository.blocked.get(sha[:8], "")
            reasons = " ".join(one["reason"] for one in said["checks"] if one["status"] in ("failed", "error"))
            blocked.append(f"- `{sha[:8]}` {subject}: {reasons} **{f'Rightly: {why}' if why else 'Not judged.'}**")
    git(root, "checkout", "--quiet", "main")
    yield f"Of its last {len(newest_first)} commits, each against the one before it, {len(blocked)} would be blocked.\n"
    yield from blocked


def _yes(said: bool) -> str:
    return "yes" if said else "**no**"


if __name__ == "__main__":
    main()
