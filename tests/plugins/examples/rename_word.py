"""Writes "new" for "old" in text files."""

from collections.abc import Iterator

from activities.migration.recipe import ManifestEdit, Recipe, RecipeStep, SourceTree
from activities.migration.types import Leftover


def _rename(tree: SourceTree, to: str) -> Iterator[Leftover]:
    for path in tree.containing(tree.named("*.txt"), b"old"):
        if (text := tree.read(path)) is None:
            yield Leftover(path, 0, "The file is no text.")
        else:
            tree.write(path, text.replace("old", "new"))


class RenameWord(Recipe):
    title = "Rename a word"
    steps = (RecipeStep("words", "Write the new word", ManifestEdit(("*.txt",), _rename)),)

    def why_not(self, tree: SourceTree, to: str) -> str:
        return "" if any(tree.named("*.txt")) else "There is no text file."


recipe = RenameWord()
