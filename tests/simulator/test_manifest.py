"""Manifests that GitHub refuses, with its sentences, and what it reads from a valid one."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.github.services.manifest import BadManifest, Manifest, read_manifest
from simulator.github.services.permissions import LEVELS, NEEDS
from tests.openapi import FILE

GOOD: dict[str, Any] = {"url": "https://example.com", "hook_attributes": {"url": "https://example.com/webhook"}}
UNASKED = {"github_app_authorization", "installation", "installation_repositories", "installation_target", "ping"}
NOT_OF_AN_APP = {"marketplace_purchase", "repository_import", "sponsorship"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "The manifest is not valid JSON."),
        ("{", "The manifest is not valid JSON."),
        ("[" * 100_000, "The manifest is not valid JSON."),
        ("[]", "[] is not an object."),
        ("null", "null is not an object."),
        ("{}", '"url" wasn\'t supplied.'),
        ('{"url": 7}', "7 is not a string."),
        ('{"url": null}', "null is not a string."),
    ],
)
def test_malformed_manifest_is_refused(text: str, problem: str) -> None:
    assert refused(text) == (problem,)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"url": ""}, "Url can't be blank"),
        ({"url": "example.com"}, "Url must be a valid URL"),
        ({"url": "https://[::1"}, "Url must be a valid URL"),
        ({"url": "javascript:alert(1)"}, "Url must be a valid URL"),
        ({"redirect_url": "file:///etc/passwd"}, "Redirect url must be a valid URL"),
        ({"setup_url": "//example.com"}, "Setup url must be a valid URL"),
        ({"name": ["x"]}, '["x"] is not a string.'),
        ({"public": "yes"}, '"yes" is not a boolean.'),
        ({"hook_attributes": {"active": False}}, '"url" wasn\'t supplied.'),
        ({"hook_attributes": "https://example.com"}, '"https://example.com" is not an object.'),
        ({"hook_attributes": {"url": ""}}, "Hook url cannot be blank"),
        ({"hook_attributes": {"url": "ftp://example.com"}}, "Hook url must be a valid URL"),
        ({"hook_attributes": {"url": "http://example.com/webhook"}}, "Hook url must use https"),
        ({"hook_attributes": {"url": "http://localhost.example.com/"}}, "Hook url must use https"),
        ({"default_permissions": ["checks"]}, '["checks"] is not an object.'),
        (
            {"default_permissions": {"checks": "write", "everything": "read"}},
            "Default permission records resource is not included in the list: everything",
        ),
        (
            {"default_permissions": {"checks": "admin"}},
            "Default permission records resource is not included in the list: checks",
        ),
        (
            {"default_permissions": {"checks": ["write"]}},
            "Default permission records resource is not included in the list: checks",
        ),
        ({"default_events": "push"}, '"push" is not an array.'),
        ({"default_events": [{}]}, "{} is not a string."),
        ({"default_events": ["push"]}, "Default events are not supported by permissions: push"),
    ],
)
def test_invalid_field_is_reported(fields: dict[str, Any], problem: str) -> None:
    assert refused(json.dumps({**GOOD, **fields})) == (problem,)


def test_automatic_events_cannot_be_subscribed_to() -> None:
    fields = {
        "default_permissions": {"checks": "read"},
        "default_events": ["installation", "installation_repositories"],
    }
    assert refused(json.dumps({**GOOD, **fields})) == (
        "Default events unsupported: installation and installation_repositories",
        "Default events are not supported by permissions: installation and installation_repositories",
    )


def test_valid_manifest_is_read() -> None:
    given = {
        **GOOD,
        "name": "Our bot",
        "hook_attributes": {"url": "http://127.0.0.1:8080/webhook", "active": False},
        "redirect_url": "http://localhost:8080/setup/done?a=b",
        "default_permissions": {"checks": "write", "contents": "read"},
        "default_events": ["push", "check_run", "push"],
    }
    assert read_manifest(json.dumps(given)) == Manifest(
        url="https://example.com",
        name="Our bot",
        hook_url="http://127.0.0.1:8080/webhook",
        hook_active=False,
        redirect_url="http://localhost:8080/setup/done?a=b",
        permissions={"metadata": "read", "checks": "write", "contents": "read"},
        events=("push", "check_run"),
    )


def test_our_manifest_is_valid() -> None:
    own = yaml.safe_load((Path(__file__).parents[2] / "app.yml").read_text())
    assert read_manifest(json.dumps(own)).permissions == own["default_permissions"]


def test_permissions_match_githubs_description() -> None:
    described = json.loads(FILE.read_bytes())["components"]["schemas"]["app-permissions"]["properties"]
    assert {name: tuple(each["enum"]) for name, each in described.items()} == LEVELS


def test_events_match_githubs_schemas() -> None:
    schemas = json.loads((FILE.parents[2] / "webhooks-schemas/schema.json").read_bytes())["definitions"]
    described = {name.partition("$")[0] for name in schemas if "$" in name}
    assert described - NEEDS.keys() == UNASKED | NOT_OF_AN_APP
    assert {permission for needs in NEEDS.values() for permission in needs} <= LEVELS.keys()


def refused(text: str) -> tuple[str, ...]:
    with pytest.raises(BadManifest) as caught:
        read_manifest(text)
    return caught.value.problems
