"""A migration as several pull requests: one for each step, upon one another, or one for each group of code owners."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from activities.globs import path_matches
from activities.migration.types import MigrationPart, SplitInput
from activities.reporting import migration as texts
from activities.workspace.commits import committed_files
from activities.workspace.mirror import Workspaces
from activities.workspace.own_commits import commit_paths

_OWNER_FILES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks, in this order."""
_MOST_RULES = 5_000
_MOST_PARTS = 50


@dataclass(frozen=True)
class OwnerRule:
    """A line of CODEOWNERS."""

    pattern: str
    owners: tuple[str, ...]

    def covers(self, path: str) -> bool:
        """`docs/*` covers the files of that folder alone; any other pattern covers a folder with all below it."""
        if self.pattern.endswith("/*") and self.pattern.count("/") == path.count("/") + self.pattern.startswith("/"):
            return path_matches((self.pattern,), path)
        return not self.pattern.endswith("/*") and path_matches((self.pattern,), path)


def owner_rules(text: str) -> tuple[OwnerRule, ...]:
    """The lines of a CODEOWNERS file; comments and lines that GitHub ignores are left out."""
    rules = []
    for line in text.splitlines()[:_MOST_RULES]:
        words = line.partition("#")[0].split()
        if words and not words[0].startswith(("!", "[")):
            rules.append(OwnerRule(words[0], tuple(words[1:])))
    return tuple(rules)


def owners_of(path: str, rules: Sequence[OwnerRule]) -> tuple[str, ...]:
    """The last line that covers a path decides; () for nobody."""
    return next((rule.owners for rule in reversed(rules) if rule.covers(path)), ())


async def split(workspaces: Workspaces, scratch: Path, input: SplitInput) -> tuple[MigrationPart, ...]:
    """The parts in the order in which they are to be merged. `scratch`: for temporary files."""
    if input.by == "step":
        titles = {step.name: step.title for step in input.steps}
        done = [one for one in input.results if one.status == "done"]
        return tuple(MigrationPart(one.name, titles[one.name], one.commit_sha, stacked=True) for one in done)
    return await _by_owners(workspaces, scratch, input)


async def _by_owners(workspaces: Workspaces, scratch: Path, input: SplitInput) -> tuple[MigrationPart, ...]:
    repo, base = input.workspace.repo, input.workspace.head_sha
    found = [await workspaces.read_file(repo, base, path) for path in _OWNER_FILES]
    rules = owner_rules(next((text for text in found if text is not None), ""))
    groups: dict[tuple[str, ...], list[str]] = {}
    for path in await workspaces.changed_paths(repo, base, input.end):
        groups.setdefault(owners_of(path, rules), []).append(path)
    files, parts = await committed_files(workspaces.mirror(repo), input.end), []
    for number, (owners, paths) in enumerate(sorted(groups.items()), 1):
        if number > _MOST_PARTS:
            break
        title = texts.part_of_owners(input.title, owners)
        sha = await commit_paths(workspaces, scratch, repo, base, paths, files, title)
        parts.append(MigrationPart(f"owners-{number}", title, sha))
    return tuple(parts)
