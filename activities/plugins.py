"""Finding the plug-ins of a folder: one module, one object, loaded once and only when asked for."""

import importlib
import importlib.util
import pkgutil
from importlib.metadata import entry_points
from types import ModuleType
from typing import TypeVar

from activities.errors import UserError

T = TypeVar("T")


def load(package: ModuleType, kind: type[T]) -> dict[str, T]:
    """All objects of `kind` in the package's modules, by module name, then those of installed
    distributions (entry-point group `autobuild.<package's last name>`).

    A module with none or with two of them stops the start.
    """
    folder = package.__name__.rsplit(".", 1)[-1]
    found = {
        info.name: _only_one(importlib.import_module(f"{package.__name__}.{info.name}"), kind)
        for info in pkgutil.iter_modules(package.__path__)
        if not info.name.startswith("_")
    }
    for point in entry_points(group=f"autobuild.{folder}"):
        if point.name in found:
            raise UserError(f"The plug-in {point.value} takes the name {point.name!r}, which {folder} has already.")
        found[point.name] = _only_one(importlib.import_module(point.module), kind)
    return dict(sorted(found.items()))


def names(package: str) -> tuple[str, ...]:
    """What `load` would find in the package of this full name, without importing any of it."""
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    own = {info.name for info in pkgutil.iter_modules(folders or []) if not info.name.startswith("_")}
    others = {point.name for point in entry_points(group=f"autobuild.{package.rsplit('.', 1)[-1]}")}
    return tuple(sorted(own | others))


def _only_one(module: ModuleType, kind: type[T]) -> T:
    objects = {id(value): value for value in vars(module).values() if isinstance(value, kind)}
    if len(objects) != 1:
        raise UserError(
            f"{module.__name__} must define exactly one {kind.__name__} object, and defines {len(objects)}."
        )
    return next(iter(objects.values()))
