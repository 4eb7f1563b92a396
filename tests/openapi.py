"""Holds exchanges with GitHub's REST API to GitHub's own description of it (`@octokit/openapi`, github.com).

`assert_valid(github.requests)` fails with one line for every wrong query, body, status or answer. Added to what
the description says: fields that it does not know are wrong, and an undocumented error must look like an error.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT4

FILE = Path(__file__).parent / "node_modules/@octokit/openapi/generated/api.github.com.json"
ERROR = "#/components/schemas/basic-error"
_URI = "urn:github"
_MANY_SEGMENTS = ("path", "ref", "branch", "basehead")


class Exchange(Protocol):
    """`path` without the API's prefix; `request` and `response` are JSON or None; `template` as GitHub names it."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> Mapping[str, str]: ...
    @property
    def template(self) -> str: ...
    @property
    def request(self) -> Any: ...
    @property
    def status(self) -> int: ...
    @property
    def response(self) -> Any: ...
    @property
    def faulted(self) -> bool: ...


def assert_valid(exchanges: Iterable[Exchange]) -> None:
    """Raises AssertionError with all that is wrong. What was broken on purpose, and GraphQL, is left out."""
    chosen = [each for each in exchanges if not each.faulted and each.template != "/graphql"]
    found = [f"{each.method} {each.path} -> {each.status}: {problem}" for each in chosen for problem in problems(each)]
    assert not found, "\n".join(found)


def problems(exchange: Exchange) -> Iterator[str]:
    """Everything that is wrong with one exchange."""
    operation = _paths().get(exchange.template, {}).get(exchange.method.lower())
    named = re.sub(r"^/repositories/\d+", "/repos/by/number", exchange.path)  # GitHub's redirects lead there
    if operation is None or not re.fullmatch(_pattern(exchange.template), named):
        yield "GitHub has no such endpoint"
        return
    if exchange.status < 400:
        yield from _query_problems(exchange, operation)
        yield from _request_problems(exchange, operation)
    yield from _response_problems(exchange, operation)


def endpoints() -> set[tuple[str, str]]:
    """(METHOD, template) of everything that GitHub describes."""
    methods = ("get", "post", "put", "patch", "delete")
    return {(method.upper(), template) for template, item in _paths().items() for method in item if method in methods}


def _query_problems(exchange: Exchange, operation: Any) -> Iterator[str]:
    declared = {
        each["name"]: each["schema"]
        for each in map(_resolved, operation.get("parameters", ()))
        if each["in"] == "query"
    }
    for name, value in exchange.query.items():
        if name not in declared:
            yield f"query {name!r} is unknown"
        else:
            yield from _errors(_read(value, declared[name]), declared[name], f"query {name}")


def _request_problems(exchange: Exchange, operation: Any) -> Iterator[str]:
    body = _resolved(operation.get("requestBody", {}))
    if exchange.request is None:
        if body.get("required"):
            yield "a body is required"
        return
    if not body:
        yield "a body is not allowed"
        return
    schema = _resolved(body["content"]["application/json"]["schema"])
    if isinstance(exchange.request, dict) and "properties" in schema and not schema.get("additionalProperties"):
        yield from (
            f"request field {name!r} is unknown" for name in exchange.request if name not in schema["properties"]
        )
    yield from _errors(exchange.request, schema, "request")


def _response_problems(exchange: Exchange, operation: Any) -> Iterator[str]:
    documented = operation["responses"].get(str(exchange.status))
    if exchange.status == 304:  # every GET can be conditional, the description says so of some only
        if exchange.response is not None:
            yield "the answer must be empty"
        return
    if exchange.status in (301, 307):  # of a repository that was renamed, whatever is asked of it
        yield from _errors(exchange.response, {"$ref": ERROR}, "response")
        return
    if documented is None and exchange.status < 400:
        yield f"the status is not documented, only {', '.join(operation['responses'])}"
        return
    content = _resolved(documented).get("content", {}) if documented else {}
    schema = content.get("application/json", {}).get("schema")
    if exchange.status >= 400 and schema is None:
        schema = {"$ref": ERROR}
    if schema is None:
        if exchange.response is not None:
            yield "the answer must be empty"
        return
    yield from _errors(exchange.response, schema, "response")


def _errors(value: Any, schema: Any, where: str) -> Iterator[str]:
    for error in _validator(json.dumps(schema, sort_keys=True)).iter_errors(value):
        yield f"{where}{error.json_path[1:]}: {error.message[:200]}"


@cache
def _validator(schema: str) -> Any:
    """References are followed in the whole description, lazily."""
    absolute = json.loads(schema.replace('"$ref": "#/', f'"$ref": "{_URI}#/'))
    registry = Registry().with_resource(_URI, DRAFT4.create_resource(_description()))
    return OAS30Validator(absolute, registry=registry, format_checker=oas30_format_checker)


@cache
def _description() -> Any:
    """Read as it is meant: `nullable` allows null beside `enum` and `oneOf` too, as GitHub's own answers show."""
    description = json.loads(FILE.read_bytes(), object_hook=_as_meant)
    _mend_installations(description)
    _mend_deleted_heads(description)
    _add_conclusions(description)
    return description


def _as_meant(schema: dict[str, Any]) -> dict[str, Any]:
    schema.pop("discriminator", None)  # the alternatives exclude each other anyway
    if {"$ref": "#/components/schemas/repository-rule-violation-error"} in schema.get("oneOf", ()):
        schema["anyOf"] = schema.pop("oneOf")  # any plain error is one of these too
    if schema.get("nullable") is not True:
        return schema
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"].append(None)
    if "type" not in schema and "enum" not in schema:
        return {"anyOf": [{**schema, "nullable": False}, {"enum": [None]}]}
    return schema


def _mend_installations(description: Any) -> None:
    """The list wants an account to be a person and an enterprise at once; the single installation says it right."""
    answer = description["paths"]["/app/installations"]["get"]["responses"]["200"]
    listed = answer["content"]["application/json"]["schema"]["items"]["properties"]
    listed["account"] = description["components"]["schemas"]["installation"]["properties"]["account"]


def _mend_deleted_heads(description: Any) -> None:
    """The head's repository is null once a fork is deleted, as the webhooks' schemas know."""
    for name in ("pull-request", "pull-request-simple"):
        head = description["components"]["schemas"][name]["properties"]["head"]["properties"]
        head["repo"] = {"anyOf": [head["repo"], {"enum": [None]}]}


def _add_conclusions(description: Any) -> None:
    """GitHub itself ends check runs as these two, as GraphQL's schema and the webhooks' know."""
    conclusion = description["components"]["schemas"]["check-run"]["properties"]["conclusion"]
    conclusion["enum"] = [*conclusion["enum"], "stale", "startup_failure"]


def _paths() -> Any:
    return _description()["paths"]


def _resolved(item: Any) -> Any:
    while "$ref" in item:
        found = _description()
        for key in item["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        item = found
    return item


@cache
def _pattern(template: str) -> str:
    def segment(match: re.Match[str]) -> str:
        return ".*" if match[1] in _MANY_SEGMENTS else "[^/]+"

    return re.sub(r"\\\{(\w+)\\\}", segment, re.escape(quote(template, safe="/{}")))


def _read(value: str, schema: Any) -> Any:
    kind = _resolved(schema).get("type")
    if kind == "integer" and value.isdecimal():
        return int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value
