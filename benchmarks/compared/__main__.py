"""Fetches, runs both, prints the tables."""

from pathlib import Path

import click

from .by_hand import ByHand, by_hand, prepare
from .by_the_gate import Counted, by_the_gate
from .packages import PACKAGES, Package, clone, repository

_HEAD = """# The gate beside the tools by themselves

Written by `python -m benchmarks.compared --into docs/compared.md`. Each package is fetched as it is published and
committed to a repository of its own; `autobuild gate` runs on that, and each tool by hand, in the same version, on a
fresh clone of it in which the project is installed. There is no base, so every finding is new. Not compared: what
pip-audit and npm audit say (that changes from day to day) and how long benchmarks take. A test that fails as expected
counts as skipped. Where an archive lacks the configuration of its tools (ts-dedent: `tsconfig.json`,
`tsconfig.jest.json`, `eslint.config.mjs`), it is added to both.
"""


@click.command()
@click.argument("wanted", nargs=-1, type=click.Choice([package.name for package in PACKAGES]))
@click.option("--work", type=click.Path(path_type=Path), default=Path(".autobuild/compared"), help="Emptied first.")
@click.option("--into", type=click.Path(path_type=Path), help="A file for the tables, else they are printed.")
def main(wanted: tuple[str, ...], work: Path, into: Path | None) -> None:
    """Compare the gate's counts on public packages with what the tools count by themselves."""
    chosen = [package for package in PACKAGES if not wanted or package.name in wanted]
    tables = (_compared(package, work.resolve() / package.name) for package in chosen)
    text = "\n".join((_HEAD, *tables))
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
    rows = "".join(_row(one, by_hand(place, one)) for one in counted)
    head = "| tool | by itself | the gate counts | the tool counts | equal |\n|---|---|---|---|---|\n"
    return f"## {package.name} {package.version}\n\n{package.shape}.\n\n{head}{rows}"


def _row(one: Counted, hand: ByHand) -> str:
    equal = "yes" if hand.counts == one.counts else "**no**"
    return f"| {one.tool} {one.version} | `{hand.command}` | {one.counts} | {hand.counts} | {equal} |\n"


if __name__ == "__main__":
    main()
