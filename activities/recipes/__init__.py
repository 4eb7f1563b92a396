"""One migration a file, or a folder: its name is what a person types after `/migrate`, with hyphens.

The module defines one class derived from `activities.migration.recipe.Recipe` and one object of it, found by its type;
the built-in ones call it `recipe`.
"""

from functools import cache

from activities.migration.recipe import Recipe
from activities.plugins import load


@cache
def registry() -> dict[str, Recipe]:
    """Every recipe by the name that a person types."""
    import activities.recipes as package

    return {name.replace("_", "-"): one for name, one in load(package, Recipe).items()}  # type: ignore[type-abstract]
