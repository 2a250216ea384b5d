"""The schemas of ApiCredential and ApiRole on a real API server: accepted, refused, and what a person is told."""

from __future__ import annotations

from typing import Any

import pytest

from tools.control_plane.api import Api
from tools.control_plane.resources import api_credential, api_role

TTL = "must be a duration from 1s to 8784h (366 days) in hours, minutes and seconds, such as"

Json = dict[str, Any]


def try_to_create(admin: Api, obj: Json) -> str:
    """What a person is told who creates the object; empty if it is accepted."""
    return admin.create(obj, dryRun="All", fieldValidation="Strict").message


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({}, id="one role"),
        pytest.param({"roles": [f"role-{i}" for i in range(16)]}, id="16 roles"),
        pytest.param({"roles": ["a.b-c"]}, id="a role with a dot"),
        pytest.param({"displayName": "Invoice bot", "description": "reads invoices"}, id="words for people"),
        pytest.param({"suspended": True}, id="suspended"),
        pytest.param({"tokenPolicy": {}}, id="an empty policy"),
        pytest.param(
            {"tokenPolicy": {"defaultTTL": "8760h", "maxTTL": "8760h", "maxTokens": 10000}}, id="a full policy"
        ),
        pytest.param({"tokenPolicy": {"defaultTTL": "90m", "maxTTL": "2h"}}, id="policies in other units"),
    ],
)
def test_a_credential_is_accepted(admin: Api, spec: Json) -> None:
    assert try_to_create(admin, api_credential("default", **spec)) == ""


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param({"roles": None}, "spec.roles: Required value", id="no roles"),
        pytest.param({"roles": []}, "spec.roles in body should have at least 1 items", id="an empty list"),
        pytest.param({"roles": [f"r{i}" for i in range(17)]}, "must have at most 16 items", id="17 roles"),
        pytest.param({"roles": ["a", "a"]}, 'Duplicate value: "a"', id="a role twice"),
        pytest.param(
            {"roles": ["StudioUser"]},
            "must be the metadata.name of an ApiRole, such as studio-user",
            id="a display name for a role",
        ),
        pytest.param({"roles": ["x" * 64]}, "Too long", id="a long name of a role"),
        pytest.param({"displayName": ""}, "at least 1 chars long", id="an empty display name"),
        pytest.param({"displayName": "x" * 129}, "spec.displayName: Too long", id="a long display name"),
        pytest.param({"description": "x" * 1025}, "spec.description: Too long", id="a long description"),
        pytest.param({"tokenPolicy": {"maxTTL": "1y"}}, TTL, id="years"),
        pytest.param({"tokenPolicy": {"defaultTTL": "8785h"}}, TTL, id="over a year by default"),
        pytest.param(
            {"tokenPolicy": {"defaultTTL": "2h", "maxTTL": "90m"}},
            "defaultTTL is longer than maxTTL: lower defaultTTL or raise maxTTL",
            id="a default over the maximum",
        ),
        pytest.param({"tokenPolicy": {"maxTokens": 0}}, "greater than or equal to 1", id="no tokens"),
        pytest.param({"tokenPolicy": {"maxTokens": 10001}}, "less than or equal to 10000", id="10001 tokens"),
    ],
)
def test_a_credential_is_refused(admin: Api, spec: Json, message: str) -> None:
    told = try_to_create(admin, api_credential("default", **spec))

    assert message in told
    assert "evaluating rule" not in told


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({}, id="every namespace and no permissions"),
        pytest.param({"allowedNamespaces": [f"team-{i}" for i in range(64)]}, id="64 namespaces"),
        pytest.param({"permissions": [{"permission": "AccessStudio"}]}, id="a bare permission"),
        pytest.param(
            {"permissions": [{"permission": f"P{i}", "fields": {"model": "*"}} for i in range(128)]},
            id="128 permissions",
        ),
        pytest.param(
            {"permissions": [{"permission": "HasRelation", "fields": {f"f{i}": "x" * 256 for i in range(16)}}]},
            id="16 fields",
        ),
    ],
)
def test_a_role_is_accepted(admin: Api, spec: Json) -> None:
    assert try_to_create(admin, api_role("only-tried", **spec)) == ""


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param({"allowedNamespaces": None}, "spec.allowedNamespaces: Required value", id="nowhere said"),
        pytest.param({"allowedNamespaces": []}, "should have at least 1 items", id="nowhere"),
        pytest.param({"allowedNamespaces": ["a", "a"]}, 'Duplicate value: "a"', id="a namespace twice"),
        pytest.param({"allowedNamespaces": [f"n{i}" for i in range(65)]}, "at most 64 items", id="65 namespaces"),
        pytest.param(
            {"allowedNamespaces": ["team-*"]},
            'must be the name of a namespace, or "*" for every namespace; other patterns are not supported',
            id="a pattern",
        ),
        pytest.param({"permissions": [{}]}, "permissions[0].permission: Required value", id="no name"),
        pytest.param(
            {"permissions": [{"permission": "access studio"}]},
            "must start with a letter and hold only letters, digits",
            id="a name with a space",
        ),
        pytest.param({"permissions": [{"permission": "P"}] * 129}, "must have at most 128 items", id="129 permissions"),
        pytest.param(
            {"permissions": [{"permission": "P", "fields": {"permission": "x"}}]},
            'a field cannot be called "permission": that name is taken on the wire',
            id="a field that is taken",
        ),
        pytest.param(
            {"permissions": [{"permission": "P", "fields": {"a b": "x"}}]},
            "a field name must start with a letter and hold at most 63 letters",
            id="a field name with a space",
        ),
        pytest.param(
            {"permissions": [{"permission": "P", "fields": {"x" * 64: "x"}}]},
            "a field name must start with a letter and hold at most 63 letters",
            id="a long field name",
        ),
        pytest.param(
            {"permissions": [{"permission": "P", "fields": {"model": ""}}]}, "at least 1 chars", id="no value"
        ),
        pytest.param(
            {"permissions": [{"permission": "P", "fields": {"model": None}}]},
            'a field cannot be null: write "*" for any value',
            id="null for any value",
        ),
        pytest.param(
            {"permissions": [{"permission": "P", "fields": {"model": "@x-ai-eg-model"}}]},
            'a value cannot begin with "@": in a requirement, that is the name of a header',
            id="the name of a header",
        ),
        pytest.param({"permissions": [{"permission": "P", "fields": {}}]}, "at least 1 properties", id="no fields"),
        pytest.param(
            {"permissions": [{"permission": "P", "fields": {f"f{i}": "x" for i in range(17)}}]},
            "must have at most 16 items",
            id="17 fields",
        ),
    ],
)
def test_a_role_is_refused(admin: Api, spec: Json, message: str) -> None:
    told = try_to_create(admin, api_role("only-tried", **spec))

    assert message in told
    assert "evaluating rule" not in told
