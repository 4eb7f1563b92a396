"""GraphQL answers 200 and says what is wrong in `errors`."""

from typing import Any

from graphql import GraphQLError

from simulator.github.entities import Json


class RefusedMutation(Exception):
    """`kind` is GitHub's type of the error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def error_json(error: GraphQLError) -> Json:
    """One of `errors`. GitHub gives a type to what a mutation refuses, and none to what is wrong with the document."""
    shown: dict[str, Any] = dict(error.formatted)
    if isinstance(error.original_error, RefusedMutation):
        shown["type"] = error.original_error.kind
    return shown
