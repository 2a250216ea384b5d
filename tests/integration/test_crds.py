"""The three kinds on a real API server: what people see of them, and rules that all of them share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tools.control_plane.api import OPERATOR, Api, rule
from tools.control_plane.resources import api_credential, api_role, api_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tools.control_plane.plane import ControlPlane


NAME = "metadata.name is too long: use at most 63 characters"

Json = dict[str, Any]


def test_a_name_may_have_63_characters_and_no_more(admin: Api) -> None:
    makers = (
        lambda name: api_token("default", name),
        lambda name: api_credential("default", name),
        api_role,
    )

    assert [admin.create(make("x" * 63), dryRun="All").message for make in makers] == ["", "", ""]
    assert all(NAME in admin.create(make("x" * 64), dryRun="All").message for make in makers)


@pytest.mark.parametrize("make", [api_token, api_credential])
def test_a_new_object_says_that_nobody_has_seen_it(admin: Api, namespace: str, make: Callable[..., Json]) -> None:
    forged = {**make(namespace), "status": {"observedGeneration": 7, "conditions": []}}

    assert admin.create(make(namespace, "plain")).body["status"] == {"observedGeneration": -1}
    assert admin.create({**forged, "metadata": {**forged["metadata"], "name": "forged"}}).body["status"] == {
        "observedGeneration": -1
    }


# What people see.

MINTED = {
    "observedGeneration": 1,
    "phase": "Active",
    "tokenID": "q7c3abcdefghijkl",
    "expiresAt": "2027-03-31T00:00:00Z",
    "endsAt": "2027-01-31T00:00:00Z",
    "delivery": {"secretName": "invoice-bot-ci-token", "state": "Available"},
    "conditions": [
        {
            "type": "Ready",
            "status": "True",
            "reason": "Issued",
            "message": "The token was minted.",
            "lastTransitionTime": "2026-11-23T00:00:00Z",
            "observedGeneration": 1,
        },
        {
            "type": "Active",
            "status": "False",
            "reason": "CredentialSuspended",
            "message": "The token is accepted nowhere.",
            "lastTransitionTime": "2026-11-23T00:00:00Z",
            "observedGeneration": 1,
        },
    ],
}


@pytest.fixture
def minted(admin: Api, namespace: str) -> Json:
    """A token and its credential, with a status as the operator writes it."""
    admin.grant(OPERATOR, namespace, rule("access.pharia.ai", "*/status", "update", "patch"))
    operator = admin.as_user(OPERATOR)
    token, credential = api_token(namespace), api_credential(namespace, description="reads invoices")
    status = {"conditions": MINTED["conditions"], "tokens": {"active": 1}, "rolesSummary": "studio-user,os-user"}
    assert admin.create(token).ok
    assert admin.create(credential).ok
    assert operator.patch(token, {"status": MINTED}, subresource="status").message == ""
    assert operator.patch(credential, {"status": status}, subresource="status").message == ""
    return token


def table(text: str) -> list[dict[str, str]]:
    """The rows of a kubectl table; cells are told apart by where their heading begins."""
    head, *rows = text.rstrip("\n").split("\n")
    names = [name.strip() for name in head.split("  ") if name.strip()]
    starts = [head.index(name) for name in names]
    ends = [*starts[1:], None]
    return [{n: row[s:e].strip() for n, s, e in zip(names, starts, ends, strict=True)} for row in rows]


def test_a_list_of_tokens_shows_what_the_console_shows(
    control_plane: ControlPlane, namespace: str, minted: Json
) -> None:
    (row,) = table(control_plane.kubectl("get", "apitok", "-n", namespace, "-o", "wide").stdout)

    assert row.pop("AGE")
    assert row == {
        "NAME": "invoice-bot-ci",
        "ID": "q7c3abcdefghijkl",
        "CREDENTIAL": "invoice-bot",
        "PHASE": "Active",
        "USABLE": "False",
        "EXPIRES": "2027-01-31T00:00:00Z",
        "REASON": "CredentialSuspended",
        "SECRET": "invoice-bot-ci-token",
        "LAST USED": "",
    }
    narrow = table(control_plane.kubectl("get", "apitok", "-n", namespace).stdout)
    assert list(narrow[0]) == ["NAME", "PHASE", "USABLE", "REASON", "EXPIRES"]


def test_a_list_of_credentials_shows_roles_and_active_tokens(
    control_plane: ControlPlane, namespace: str, minted: Json
) -> None:
    (row,) = table(control_plane.kubectl("get", "apicred", "-n", namespace, "-o", "wide").stdout)

    assert row.pop("AGE")
    assert row == {
        "NAME": "invoice-bot",
        "ROLES": "studio-user,os-user",
        "TOKENS": "1",
        "READY": "True",
        "REASON": "Issued",
        "DESCRIPTION": "reads invoices",
    }
    narrow = table(control_plane.kubectl("get", "apicred", "-n", namespace).stdout)
    assert list(narrow[0]) == ["NAME", "TOKENS", "READY", "REASON", "AGE"]


@pytest.fixture
def role(admin: Api, namespace: str) -> Iterator[Json]:
    """A role of this test's own: roles belong to the whole cluster."""
    obj = api_role(f"role-{namespace}"[:63].rstrip("-"), displayName="StudioUser", allowedNamespaces=[namespace])
    assert admin.create(obj).ok
    yield obj
    assert admin.delete(obj).ok


def test_a_list_of_roles_shows_display_name_and_namespaces(
    control_plane: ControlPlane, namespace: str, role: Json
) -> None:
    (row,) = table(control_plane.kubectl("get", "apirole", role["metadata"]["name"], "-o", "wide").stdout)

    assert row.pop("AGE")
    assert row == {
        "NAME": role["metadata"]["name"],
        "DISPLAY NAME": "StudioUser",
        "NAMESPACES": f'["{namespace}"]',
    }


def test_one_word_lists_all_that_is_ours(control_plane: ControlPlane, namespace: str, minted: Json) -> None:
    listed = control_plane.kubectl("get", "pharia", "-n", namespace, "-o", "name").stdout.split()

    assert "apitoken.access.pharia.ai/invoice-bot-ci" in listed
    assert "apicredential.access.pharia.ai/invoice-bot" in listed


@pytest.mark.parametrize(
    ("kind", "selector", "found"),
    [
        pytest.param("ApiToken", "spec.credentialRef.name=invoice-bot", ["invoice-bot-ci", "waiting"], id="credential"),
        pytest.param("ApiToken", "spec.credentialRef.name=other", [], id="a credential without tokens"),
        pytest.param("ApiToken", "status.phase=Active", ["invoice-bot-ci"], id="phase"),
        pytest.param("ApiToken", "status.tokenID=q7c3abcdefghijkl", ["invoice-bot-ci"], id="token ID"),
        pytest.param("ApiCredential", "spec.suspended=true", ["stopped"], id="suspended credentials"),
    ],
)
def test_objects_are_found_by_field(
    admin: Api, namespace: str, minted: Json, kind: str, selector: str, found: list[str]
) -> None:
    assert admin.create(api_token(namespace, "waiting")).ok
    assert admin.create(api_credential(namespace, "stopped", suspended=True)).ok

    items = admin.find(kind, namespace, fieldSelector=selector).body["items"]

    assert sorted(item["metadata"]["name"] for item in items) == found


@pytest.mark.parametrize(
    ("path", "words"),
    [
        pytest.param("apitoken", "Deleting an ApiToken revokes its token", id="a token"),
        pytest.param("apitoken.spec", "never postponed or removed", id="what a token asks for"),
        pytest.param("apitoken.spec.delivery.window", "1m to 24h. Unset: 1h", id="the window"),
        pytest.param("apitoken.status.delivery.state", "Collected: somebody deleted it", id="the delivery"),
        pytest.param("apicredential.spec.tokenPolicy", "1s to 8784h (366 days)", id="policies"),
        pytest.param("apirole.spec.permissions", "optionally restricted by fields", id="permissions"),
    ],
)
def test_kubectl_explain_is_the_reference(control_plane: ControlPlane, path: str, words: str) -> None:
    told = control_plane.kubectl("explain", path).stdout

    assert words in " ".join(told.split())
