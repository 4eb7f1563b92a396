"""Steps that edit the dependencies which manifests declare."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from activities.languages.javascript.package_json import DEPENDENCIES
from activities.migration.manifest_edits import add_npm, add_python, change_npm, change_python, normalized
from activities.migration.recipe import SourceTree, StepBench, StepReport, Transform
from activities.migration.types import Leftover
from activities.reporting.migration import unreadable_manifest


@dataclass(frozen=True)
class DependencyChange:
    """`set` is name → range where it is declared, `rename` name → new name. `add` goes to `add_to` of manifests that
    declare one of the names in `beside` or the other keys; without any, of the repository's outermost manifest."""

    file: str
    set: Mapping[str, str] = field(default_factory=dict)
    add: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    add_to: str = ""
    beside: tuple[str, ...] = ()

    def edited(self, text: str, is_outermost: bool) -> str:
        """The manifest's new text. Raises ValueError where it cannot be read."""
        is_npm = self.file == "package.json"
        one = str if is_npm else normalized
        wanted = {one(name): version for name, version in self.set.items()}
        renamed = {one(name): new for name, new in self.rename.items()}
        removed = {one(name) for name in self.remove}
        signs = {one(name) for name in (*self.beside, *self.set, *self.remove, *self.rename)}
        declared = set()

        def change(name: str, version: str) -> tuple[str, str] | None:
            declared.add(name)
            if name in removed:
                return None
            new = renamed.get(name, name)
            return new, wanted.get(name, wanted.get(one(new), version))

        after = (change_npm if is_npm else change_python)(text, change)
        if declared & signs if signs else is_outermost:
            for name, version in self.add.items():
                if is_npm:
                    kind = self.add_to if self.add_to in DEPENDENCIES else "devDependencies"
                    after = add_npm(after, name, version, kind)
                else:
                    after = add_python(after, name, version, self.add_to)
        return after


@dataclass(frozen=True)
class DependencyTransform(Transform):
    """The changes, one after another, in every manifest of their name."""

    changes: tuple[DependencyChange, ...]
    writes_text = True

    def candidates(self, tree: SourceTree, to: str) -> Iterable[str]:
        return tree.named(*{change.file for change in self.changes})

    async def apply(self, bench: StepBench) -> StepReport:
        leftovers = []
        for path in bench.files:
            text = bench.tree.read(path)
            try:
                after = self._edited(path, text, bench.files)
            except ValueError as error:
                leftovers.append(Leftover(path, 1, *unreadable_manifest(str(error))))
                continue
            if after != text:
                bench.tree.write(path, after)
        return StepReport(tuple(leftovers))

    def _edited(self, path: str, text: str | None, files: Iterable[str]) -> str:
        if text is None:
            raise ValueError("it is too large or not UTF-8")
        for change in self.changes:
            same = [file for file in files if file.rpartition("/")[2] == change.file]
            if path in same:
                text = change.edited(text, path == min(same, key=lambda file: (file.count("/"), file)))
        return text
