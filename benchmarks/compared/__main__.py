"""Fetches, runs both, prints the tables."""

from pathlib import Path

import click

from .by_hand import by_hand, prepare
from .by_the_gate import Counted, by_the_gate
from .packages import PACKAGES, Package, clone, repository


@click.command()
@click.argument("wanted", nargs=-1, type=click.Choice([package.name for package in PACKAGES]))
@click.option("--work", type=click.Path(path_type=Path), default=Path(".autobuild/compared"), help="Emptied first.")
@click.option("--into", type=click.Path(path_type=Path), help="A file for the tables, else they are printed.")
def main(wanted: tuple[str, ...], work: Path, into: Path | None) -> None:
    """Compare the gate's counts on public packages with what the tools count by themselves."""
    chosen = [package for package in PACKAGES if not wanted or package.name in wanted]
    text = "\n".join(_compared(package, work.resolve() / package.name) for package in chosen)
    if into:
        into.write_text(text, "utf-8")
    else:
        click.echo(text)


def _compared(package: Package, work: Path) -> str:
    click.echo(f"{package.name} {package.version} …", err=True)
    root = repository(package, work)
    counted = by_the_gate(root, work / "data")
    plain = work / "by-hand" / package.name
    plain.parent.mkdir()
    clone(root, plain)
    place = prepare(package.language, plain, counted, package.version)
    rows = "".join(_row(one, *_told(by_hand(place, one))) for one in counted)
    head = "| tool | by itself | the gate counts | the tool counts | equal |\n|---|---|---|---|---|\n"
    return f"## {package.name} {package.version}\n\n{package.shape}.\n\n{head}{rows}"


def _told(hand: object) -> tuple[str, str]:
    return str(getattr(hand, "command", "")), str(getattr(hand, "counts", ""))


def _row(one: Counted, command: str, counts: str) -> str:
    equal = "yes" if counts == one.counts else "**no**"
    return f"| {one.tool} {one.version} | `{command}` | {one.counts} | {counts} | {equal} |\n"


if __name__ == "__main__":
    main()
