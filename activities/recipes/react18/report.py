"""The step that changes nothing: what a person should look at, in code and in the peers of libraries."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from activities.languages.javascript.version_ranges import admits
from activities.migration.recipe import SourceTree, StepBench, StepReport, Transform
from activities.migration.transforms.programs import NodeTransform
from activities.migration.types import Leftover
from activities.recipes.react18.manifests import asked_for

_CLIENT = b"react-dom/client"
_OLD = ((17, 0, 2), (16, 14, 0))
_NOT_PUBLISHED = re.compile(
    r"(^|/)(__\w+__|tests?|specs?|e2e|cypress|examples?|demos?|docs?|sites?|website|playground|stories|\.\w[^/]*)/"
    r"|\.(test|spec|stories|cy|e2e)\.\w+$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ReportTransform(Transform):
    """`program` looks at the code."""

    program: NodeTransform

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        return self.program.candidates(tree, to)

    async def apply(self, bench: StepBench) -> StepReport:
        report = await self.program.apply(bench)
        code = self.program.patterns
        return replace(report, leftovers=(*report.leftovers, *old_peers(bench.tree, code)))


def old_peers(tree: SourceTree, patterns: tuple[str, ...]) -> Iterator[Leftover]:
    """Libraries that take an older React still, and import what only 18 has."""
    taking = [
        (path, line)
        for path, line, member in asked_for(tree, "react-dom")
        if member.path[0] == "peerDependencies" and any(admits(str(member.value), version) for version in _OLD)
    ]
    if not taking:
        return
    homes = {posixpath.dirname(path) for path in tree.named("package.json")}
    importing: dict[str, str] = {}
    for file in tree.containing(tree.named(*patterns), _CLIENT):
        home = next(folder for folder in _above(file) if folder in homes or not folder)
        if not _NOT_PUBLISHED.search(posixpath.relpath(file, home or ".")):
            importing.setdefault(home, file)
    for path, line in taking:
        if found := importing.get(posixpath.dirname(path)):
            reason = (
                f"`{found}` imports `react-dom/client`, which React 17 does not have, and the range still takes 17."
            )
            yield Leftover(path, line, reason, "Take `^18.0.0` alone in the next major version of this library.")


def _above(file: str) -> Iterator[str]:
    while file:
        file = posixpath.dirname(file)
        yield file
