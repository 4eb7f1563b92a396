"""Which methods of an object the worker registers as activities."""

from collections.abc import Callable
from typing import Any


def activity_methods(*objects: object) -> list[Callable[..., Any]]:
    """The bound methods that their classes define with `@activity.defn`, in that order."""
    return [
        getattr(each, name)
        for each in objects
        for name, value in vars(type(each)).items()
        if hasattr(value, "__temporal_activity_definition")
    ]
