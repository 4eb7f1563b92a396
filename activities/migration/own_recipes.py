"""A repository's own recipes, `.github/autobuild/recipes/*.yml` of its default branch, and the names of all recipes.

They are read as strictly as the configuration is: every mistake is a sentence with its line.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module

from activities.errors import ConfigError, UserError
from activities.globs import path_matches
from activities.languages.javascript.package_json import parse_package
from activities.migration.manifest_edits import change_python, normalized
from activities.migration.recipe import Recipe, RecipeStep, SourceTree, Transform
from activities.migration.recipe_file import RECIPE_HINTS, CodePattern, RecipeFile, RecipeFileStep, RewriteRule
from activities.migration.transforms.ast_grep import AstGrepTransform, CodeRule
from activities.migration.transforms.commands import ShellTransform
from activities.migration.transforms.dependencies import DependencyChange, DependencyTransform
from activities.migration.transforms.lock_files import WithLockFiles
from activities.model import Mistake
from activities.plugins import plugin_names
from activities.repo_config.model_mistakes import first_ones, named, validated
from activities.repo_config.strict_yaml import Place, read, shown
from activities.reporting.migration import broken_recipe, recipe_lacks, unknown_recipe

FOLDER = ".github/autobuild/recipes"
_BUILT_IN = "activities.recipes"
"""The plug-ins' folder. They import what a recipe is from here."""
_KINDS = ("rules", "command", "manifest", "leftovers")
_OF_COMMANDS = ("creates", "removes", "network")
_MOST_RECIPES = 200


@dataclass(frozen=True)
class OwnRecipe(Recipe):
    """A recipe that a repository brings."""

    name: str
    title: str
    steps: tuple[RecipeStep, ...]
    description: str = ""
    files: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    tolerates: tuple[str, ...] = ()

    def why_not(self, tree: SourceTree, to: str) -> str:
        files = [pattern for pattern in self.files if not any(path_matches((pattern,), path) for path in tree.paths)]
        known = _declared(tree) if self.packages else frozenset()
        packages = [name for name in self.packages if name not in known and normalized(name) not in known]
        return recipe_lacks(files, packages) if files or packages else ""


def recipe_names(own: Mapping[str, str]) -> tuple[str, ...]:
    """Every name that can be asked for: the built-in ones, installed ones, and those of the files (path → text)."""
    return tuple(sorted({*_built_in(), *(name for _, name in _own_names(own))}))


def find_recipe(name: str, own: Mapping[str, str]) -> Recipe:
    """The recipe of a name. Raises UserError: there is none, and the nearest is named; or its file has mistakes."""
    if name in _built_in():
        found: Recipe = import_module(_BUILT_IN).registry()[name]
        return found
    paths = [path for path, called in _own_names(own) if called == name]
    if not paths:
        names = recipe_names(own)
        near = difflib.get_close_matches(name[:60].lower().replace("_", "-"), names, n=1, cutoff=0.6)
        raise UserError(unknown_recipe(name, near[0] if near else "", names))
    if len(paths) > 1:
        why = f"`{shown(name)}` is the name of {paths[1]} too: give each recipe a name of its own."
        raise UserError(broken_recipe(paths[0], 1, why, 0))
    recipe, mistakes = _read(paths[0], own[paths[0]])
    if recipe is None:
        raise UserError(broken_recipe(paths[0], mistakes[0].line, mistakes[0].message, len(mistakes) - 1))
    return recipe


def validate_recipe(path: str, text: str | bytes) -> list[Mistake]:
    """Everything that is wrong with a recipe's file, in the order of the lines."""
    return _read(path, text)[1]


def _built_in() -> frozenset[str]:
    return frozenset(name.replace("_", "-") for name in plugin_names(_BUILT_IN))


def _own_names(own: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each file with the name that it gives itself; a file that cannot be read has its own."""
    for path in sorted(own)[:_MOST_RECIPES]:
        stem = path.rpartition("/")[2].rpartition(".")[0]
        try:
            data = read(own[path]).data
        except ConfigError:
            data = {}
        name = data.get("name") if isinstance(data, dict) else None
        yield path, name if isinstance(name, str) else stem


def _read(path: str, text: str | bytes) -> tuple[OwnRecipe | None, list[Mistake]]:
    try:
        document = read(text)
    except ConfigError as error:
        return None, [Mistake(error.line, str(error))]
    if not isinstance(document.data, dict) or not document.data:
        return None, [Mistake(1, "The file must be a mapping with `name`, `title` and `steps`.")]
    file, found = validated(document, RecipeFile, RECIPE_HINTS)
    if file is not None:
        found += [Mistake(document.line(place), sentence) for place, sentence in _beyond_types(file)]
    return (None if found or file is None else _recipe(file)), first_ones(found)


def _beyond_types(file: RecipeFile) -> Iterator[tuple[Place, str]]:
    """What no type can say: keys that exclude one another, names that are taken or unknown."""
    if file.name in _built_in():
        yield ("name",), f"`{file.name}` is the name of a recipe of Autobuild: use another one."
    above: set[str] = set()
    for index, step in enumerate(file.steps):
        place: Place = ("steps", index)
        given = [kind for kind in _KINDS if getattr(step, kind)]
        if len(given) != 1:
            has = f"has `{given[0]}` and `{given[1]}`: make two steps of it" if given else f"does nothing: {_one_of()}"
            yield place, f"{named(place)} {has}."
        if step.name in above:
            yield (*place, "name"), f"There is a step `{step.name}` above: give each a name of its own."
        for at, needed in enumerate(step.needs):
            if needed not in above:
                why = f"{named((*place, 'needs'))} names `{needed}`, which is no step above it."
                yield (*place, "needs", at), why
        above.add(step.name)
        yield from _of_keys(place, step, given)


def _one_of() -> str:
    *firsts, last = [f"`{kind}`" for kind in _KINDS]
    return f"give it {', '.join(firsts)} or {last}"


def _of_keys(place: Place, step: RecipeFileStep, given: list[str]) -> Iterator[tuple[Place, str]]:
    for key in _OF_COMMANDS:
        if getattr(step, key) and "command" not in given:
            yield (*place, key), f"{named((*place, key))} is for steps with a `command`: remove the line."
    if "manifest" in given and (step.files or step.ignore):
        yield place, f"{named(place)} edits manifests by their name: remove `files` and `ignore`."
    for at, change in enumerate(step.manifest):
        if not (change.set or change.add or change.remove or change.rename):
            what = named((*place, "manifest", at))
            yield (*place, "manifest", at), f"{what} changes nothing: give it `set`, `add`, `remove` or `rename`."


def _recipe(file: RecipeFile) -> OwnRecipe:
    steps = tuple(
        RecipeStep(
            step.name, step.title, _transform(file, step), needs=step.needs, risk=step.risk, optional=step.optional,
            essential=step.essential,
        )
        for step in file.steps
    )  # fmt: skip
    return OwnRecipe(file.name, file.title, steps, file.description, file.applies.files, file.applies.packages)


def _transform(file: RecipeFile, step: RecipeFileStep) -> Transform:
    if step.command:
        return ShellTransform(
            step.command, step.network, step.files, step.ignore, _any(step.creates), _any(step.removes)
        )
    if step.manifest:
        changes = tuple(
            DependencyChange(
                each.file, each.set, each.add, each.remove, each.rename, each.add_to, file.applies.packages
            )
            for each in step.manifest
        )
        return WithLockFiles(DependencyTransform(changes))
    left = (_code(each, {}, each.reason, each.fix, each.breaks_build) for each in step.leftovers)
    return AstGrepTransform((*map(_rewrite, step.rules), *left), step.files, step.ignore)


def _rewrite(rule: RewriteRule) -> CodeRule:
    return _code(rule, {"fix": rule.fix, **({"transform": rule.transform} if rule.transform else {})})


def _code(pattern: CodePattern, more: Mapping[str, object], *said: object) -> CodeRule:
    optional = {key: value for key in ("constraints", "utils") if (value := getattr(pattern, key))}
    return CodeRule(pattern.grammars, {"rule": pattern.rule, **optional, **more}, *said)  # type: ignore[arg-type]


def _any(globs: Iterable[str]) -> tuple[str, ...]:
    """Patterns in which `*` fits a slash too, as steps know them."""
    return tuple(pattern for glob in globs for pattern in {glob.replace("**/", ""), glob.replace("**", "*")})


def _declared(tree: SourceTree) -> frozenset[str]:
    """Every package that a manifest declares."""
    found: set[str] = set()

    def note(name: str, version: str) -> tuple[str, str]:
        found.add(name)
        return name, version

    for path in tree.named("package.json"):
        found.update(parse_package(tree.read(path) or "").dependencies)
    for path in tree.named("pyproject.toml"):
        try:
            change_python(tree.read(path) or "", note)
        except ValueError:
            continue
    return frozenset(found)
