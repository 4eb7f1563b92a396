"""Finding the plug-ins of a folder: one module, one object, loaded once and only when asked for."""

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, TypeVar

from activities.errors import UserError

T = TypeVar("T")


def load(package: ModuleType, kind: type[T]) -> dict[str, T]:
    """All objects of `kind` in the package's modules, by the name of the module, then those of installed
    distributions (entry-point group `autobuild.<package's last name>`).

    A module with none or with two of them stops the start.
    """
    found = {}
    for name, module in modules(package.__name__).items():
        try:
            contents = vars(importlib.import_module(module))
        except ImportError as error:
            raise UserError(f"The plug-in {module} cannot be imported: {error}.") from error
        objects = {id(value): value for value in contents.values() if isinstance(value, kind)}
        if len(objects) != 1:
            how_many = "none" if not objects else f"{len(objects)} of them"
            raise UserError(f"{module} must define exactly one {kind.__name__} object, and defines {how_many}.")
        found[name] = plugin = next(iter(objects.values()))
        own_name = str(getattr(plugin, "name", "") or name)
        if own_name.replace("-", "_") != name:
            raise UserError(f"The plug-in {module} is loaded as {name!r} and calls itself {own_name!r}: use one name.")
    return found


def modules(package: str) -> Mapping[str, str]:
    """The names of a package's plug-ins with their modules, without importing any of them."""
    return _modules(package, tuple(sys.path))


@cache
def _modules(package: str, path: tuple[str, ...]) -> Mapping[str, str]:
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    found = {
        info.name: f"{package}.{info.name}"
        for info in pkgutil.iter_modules(folders or [])
        if not info.name.startswith("_")
    }
    folder = package.rpartition(".")[2]
    for point in _entry_points(path).select(group=f"autobuild.{folder}"):
        name = point.name.replace("-", "_")
        if name in found:
            raise UserError(f"The plug-in {point.value} takes the name {point.name!r}, which {folder} has already.")
        found[name] = point.module
    return dict(sorted(found.items()))


@cache
def _entry_points(path: tuple[str, ...]) -> Any:
    """Read once for each `sys.path`: they are in a file of every installed distribution."""
    return entry_points()


def plugin_names(package: str) -> tuple[str, ...]:
    """What `load` finds in the package of this full name, without importing any of it."""
    return tuple(modules(package))


def help_line(package: str, name: str) -> str:
    """The first line of a plug-in's docstring. `name` may be written with hyphens, as users do."""
    module = importlib.import_module(modules(package)[name.replace("-", "_")])
    return (module.__doc__ or "").strip().partition("\n")[0]
