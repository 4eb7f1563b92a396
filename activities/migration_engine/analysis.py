"""What a recipe finds in a repository before anything is changed."""

from activities.errors import UserError
from activities.migration.recipe import AlreadyMigrated, Recipe, RecipeStep, SourceTree
from activities.migration.types import Leftover, MigrationAnalysis, MigrationInput
from activities.migration_engine.import_graph import dependents, import_graph
from activities.reporting import migration as texts


def analyzed(
    recipe: Recipe, migration: MigrationInput, tree: SourceTree, to: str
) -> tuple[MigrationAnalysis, tuple[Leftover, ...]]:
    """The analysis and the rows of what will not migrate. Raises UserError for a step that does not exist."""
    if not tree.paths:
        return MigrationAnalysis(refusal=texts.nothing_there(migration.scope)), ()
    if refusal := recipe.why_not(tree, to):
        migrated = isinstance(refusal, AlreadyMigrated)
        return MigrationAnalysis(str(refusal), migrated, recipe.title, to, len(tree.paths)), ()
    graph = import_graph(tree)
    found = {step.name: set(step.transform.candidates(tree, to)) for step in steps_to_run(recipe, migration)}
    blockers = tuple(recipe.blockers(tree, to))
    analysis = MigrationAnalysis(
        title=recipe.title,
        to=to,
        files=len(tree.paths),
        packages=sum(1 for _ in tree.named("package.json", "pyproject.toml", "setup.py")),
        imports=sum(map(len, graph.values())),
        matched={name: len(paths) for name, paths in found.items()},
        dependents={name: len(dependents(graph, paths)) for name, paths in found.items()},
        blockers=len(blockers),
    )
    return analysis, blockers


def steps_to_run(recipe: Recipe, migration: MigrationInput) -> tuple[RecipeStep, ...]:
    """Raises UserError for a name that the recipe does not have."""
    names = [step.name for step in recipe.steps]
    for name in migration.only:
        if name not in names:
            raise UserError(texts.no_such_step(name, names))
    return tuple(
        step for step in recipe.steps if (step.name in migration.only if migration.only else not step.optional)
    )
