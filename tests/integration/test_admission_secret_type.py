"""Admission of Secrets that look like the operator's: the type of the one-time Secret is reserved."""

from __future__ import annotations

import pytest

from tests.support.api import OPERATOR, Api, rule
from tests.support.resources import KEYRING, ONE_TIME_TOKEN, secret

EVERYTHING = rule("*", "*", "*")


@pytest.fixture
def alice(admin: Api) -> Api:
    """A user without any right but those that a test grants her."""
    return admin.as_user("alice")


def test_nobody_else_makes_a_secret_of_the_one_time_type(admin: Api, alice: Api, namespace: str) -> None:
    admin.grant("alice", namespace, EVERYTHING)
    reserved = "only the operator creates Secrets of type access.pharia.ai/one-time-token: create an ApiToken"

    for somebody in (admin, alice):
        reply = somebody.create(secret(namespace, kind=ONE_TIME_TOKEN))
        assert (reply.status, reserved in reply.message) == (403, True)
        assert somebody.create(secret(namespace, kind=ONE_TIME_TOKEN), dryRun="All").status == 403


@pytest.mark.parametrize("kind", ["Opaque", KEYRING])
def test_other_types_are_not_reserved(admin: Api, namespace: str, kind: str) -> None:
    assert admin.create(secret(namespace, kind=kind)).ok


def test_no_secret_turns_into_one_of_the_one_time_type(admin: Api, namespace: str) -> None:
    assert admin.create(secret(namespace)).ok

    reply = admin.patch(secret(namespace), {"type": ONE_TIME_TOKEN})

    assert "type: Invalid value" in reply.message


def test_a_one_time_secret_is_read_and_deleted_but_not_changed(admin: Api, alice: Api, namespace: str) -> None:
    admin.grant(OPERATOR, namespace, rule("", "secrets", "create"))
    admin.grant("alice", namespace, rule("", "secrets", "get", "patch", "delete"))
    delivered = secret(namespace, kind=ONE_TIME_TOKEN)
    assert admin.as_user(OPERATOR).create(delivered).ok

    assert alice.read(delivered).ok
    assert "immutable" in alice.patch(delivered, {"data": {"value": "AAAA"}}).message
    assert alice.delete(delivered).ok
