"""Admission of what people do: granting roles and minting tokens, as users who hold just the rights in question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tools.control_plane.api import APPLY, Api, rule
from tools.control_plane.resources import api_credential, api_token

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = "access.pharia.ai"
SIXTEEN = [f"role-{number}" for number in range(16)]
LONGEST = [f"{number:063}" for number in range(16)]
EDITS_CREDENTIALS = rule(OURS, "apicredentials", "create", "get", "update", "patch", "delete")
EDITS_TOKENS = rule(OURS, "apitokens", "create", "get", "update", "patch", "delete")
EVERYTHING = rule("*", "*", "*")

Json = dict[str, Any]


@pytest.fixture
def alice(admin: Api) -> Api:
    """A user without any right but those that a test grants her."""
    return admin.as_user("alice")


def binds(*roles: str) -> Json:
    return rule(OURS, "apiroles", "bind", names=roles)


def mints(*credentials: str) -> Json:
    return rule(OURS, "apicredentials/token", "create", names=credentials)


def told_about_role(role: str, namespace: str) -> str:
    return (
        f"to add the role {role} to a credential you need the verb bind on apiroles.access.pharia.ai/{role}"
        f" in namespace {namespace}: ask an administrator of roles for it"
    )


# Granting roles.


@pytest.mark.parametrize(
    ("bound", "asked", "refused"),
    [
        pytest.param([], ["reader"], "reader", id="without bind"),
        pytest.param(["reader"], ["reader"], None, id="with bind on the one role"),
        pytest.param(["reader"], ["reader", "admin"], "admin", id="with bind on one of two"),
        pytest.param(SIXTEEN, SIXTEEN, None, id="16 roles in one request"),
        pytest.param(SIXTEEN[1:], SIXTEEN, "role-0", id="all of 16 but the first"),
        pytest.param(SIXTEEN[:8] + SIXTEEN[9:], SIXTEEN, "role-8", id="all of 16 but one between"),
        pytest.param(SIXTEEN[:-1], SIXTEEN, "role-15", id="all of 16 but the last"),
    ],
)
def test_a_new_credential_needs_bind_on_each_role(
    admin: Api, alice: Api, namespace: str, bound: list[str], asked: list[str], refused: str | None
) -> None:
    rights = [EDITS_CREDENTIALS, *([binds(*bound)] if bound else [])]
    admin.grant("alice", namespace, *rights)

    reply = alice.create(api_credential(namespace, roles=asked))

    assert (reply.status, told_about_role(refused, namespace) in reply.message if refused else True) == (
        403 if refused else 201,
        True,
    )


@pytest.mark.parametrize(
    ("bound", "told"),
    [
        pytest.param(["role-0"], f"You need the same for each role that you add: {', '.join(SIXTEEN)}", id="of 16"),
        pytest.param(
            LONGEST[1:], f"You need the same for each role that you add: {', '.join(LONGEST)}", id="long names"
        ),
    ],
)
def test_a_refusal_names_every_role_that_needs_bind(
    admin: Api, alice: Api, namespace: str, bound: list[str], told: str
) -> None:
    admin.grant("alice", namespace, EDITS_CREDENTIALS, binds(*bound))

    reply = alice.create(api_credential(namespace, roles=LONGEST if bound[0] in LONGEST else SIXTEEN))

    assert reply.status == 403
    assert told in reply.message


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        pytest.param({"description": "new"}, None, id="another field"),
        pytest.param({"suspended": True}, None, id="suspended"),
        pytest.param({"roles": ["kept"]}, None, id="a role is removed"),
        pytest.param({"roles": ["dropped", "kept"]}, None, id="another order"),
        pytest.param({"roles": ["kept", "dropped", "added"]}, "added", id="a role is added"),
        pytest.param({"roles": ["added"]}, "added", id="all roles are replaced"),
    ],
)
def test_a_change_needs_bind_only_on_roles_that_it_adds(
    admin: Api, alice: Api, namespace: str, change: Json, refused: str | None
) -> None:
    admin.grant("alice", namespace, EDITS_CREDENTIALS)
    credential = api_credential(namespace, roles=["kept", "dropped"])
    assert admin.create(credential).ok

    reply = alice.patch(credential, {"spec": change})

    assert reply.ok is (refused is None)
    assert refused is None or told_about_role(refused, namespace) in reply.message


def test_a_role_that_was_removed_needs_bind_to_come_back(admin: Api, alice: Api, namespace: str) -> None:
    admin.grant("alice", namespace, EDITS_CREDENTIALS)
    credential = api_credential(namespace, roles=["kept", "dropped"])
    assert admin.create(credential).ok

    assert alice.patch(credential, {"spec": {"roles": ["kept"]}}).ok
    assert alice.patch(credential, {"spec": {"roles": ["kept", "dropped"]}}).status == 403


def test_no_way_of_writing_escapes_the_check(admin: Api, alice: Api, namespace: str) -> None:
    admin.grant("alice", namespace, EDITS_CREDENTIALS)
    credential = api_credential(namespace, roles=["kept"])
    stored = admin.create(credential).body
    wanted = api_credential(namespace, roles=["kept", "added"])

    ways = {
        "replace": alice.replace({**stored, "spec": wanted["spec"]}),
        "apply": alice.patch(credential, wanted, form=APPLY, fieldManager="git", force="true"),
        "apply anew": alice.patch(
            api_credential(namespace, "new"), {**wanted, "metadata": {"name": "new"}}, form=APPLY, fieldManager="git"
        ),
        "dry run": alice.patch(credential, {"spec": wanted["spec"]}, dryRun="All"),
    }

    assert {way: reply.status for way, reply in ways.items()} == dict.fromkeys(ways, 403)


@pytest.fixture
def binder_everywhere(admin: Api, namespace: str) -> Iterator[str]:
    """A user with bind on reader by a ClusterRoleBinding."""
    name = f"bind-{namespace}"
    admin.grant_everywhere(name, name, binds("reader"))
    yield name
    admin.revoke_everywhere(name)


def test_bind_may_come_from_a_cluster_role(admin: Api, namespace: str, binder_everywhere: str) -> None:
    admin.grant(binder_everywhere, namespace, EDITS_CREDENTIALS)
    user = admin.as_user(binder_everywhere)

    assert user.create(api_credential(namespace, "a", roles=["reader"])).ok
    assert user.create(api_credential(namespace, "b", roles=["admin"])).status == 403


def test_bind_in_one_namespace_is_worth_nothing_in_another(admin: Api, alice: Api, namespace: str) -> None:
    admin.grant("alice", namespace, EDITS_CREDENTIALS)
    admin.grant("alice", "default", binds(f"reader-{namespace}"))

    assert alice.create(api_credential(namespace, roles=[f"reader-{namespace}"])).status == 403


# Minting.


@pytest.mark.parametrize(
    ("rights", "refused"),
    [
        pytest.param([EDITS_TOKENS], True, id="only create on apitokens"),
        pytest.param([EDITS_TOKENS, EDITS_CREDENTIALS], True, id="and every right on credentials"),
        pytest.param([EDITS_TOKENS, mints("other")], True, id="and the right to mint under another credential"),
        pytest.param([EDITS_TOKENS, mints("invoice-bot")], False, id="and the right to mint under this one"),
        pytest.param([EDITS_TOKENS, mints()], False, id="and the right to mint under any"),
    ],
)
def test_a_new_token_needs_create_on_its_credentials_token(
    admin: Api, alice: Api, namespace: str, rights: list[Json], *, refused: bool
) -> None:
    admin.grant("alice", namespace, *rights)

    reply = alice.create(api_token(namespace))

    assert reply.status == (403 if refused else 201)
    assert (
        not refused
        or (
            "to mint a token under the credential invoice-bot you need the verb create on"
            " apicredentials.access.pharia.ai/token with resource name invoice-bot"
            f" in namespace {namespace}: ask an administrator of the namespace for it"
        )
        in reply.message
    )


def test_the_right_to_mint_alone_makes_no_token(admin: Api, alice: Api, namespace: str) -> None:
    admin.grant("alice", namespace, mints("invoice-bot"))

    assert 'cannot create resource "apitokens"' in alice.create(api_token(namespace)).message


def test_a_token_is_applied_only_with_the_right_to_mint(admin: Api, alice: Api, namespace: str) -> None:
    admin.grant("alice", namespace, EDITS_TOKENS)
    token = api_token(namespace)

    assert alice.patch(token, token, form=APPLY, fieldManager="git").status == 403


def test_a_token_is_revoked_and_deleted_without_the_right_to_mint(admin: Api, alice: Api, namespace: str) -> None:
    admin.grant("alice", namespace, EDITS_TOKENS)
    token = api_token(namespace)
    assert admin.create(token).ok

    assert alice.patch(token, {"spec": {"revoked": True}}).ok
    assert alice.delete(token).ok


def test_a_wildcard_role_in_a_namespace_passes_admission(admin: Api, alice: Api, namespace: str) -> None:
    """Here `allowedNamespaces` of the ApiRole is what stops the grant: the verifier leaves the role out."""
    admin.grant("alice", namespace, EVERYTHING)

    assert alice.create(api_credential(namespace, roles=["admin"])).ok
    assert alice.create(api_token(namespace)).ok


def test_a_wildcard_role_in_a_namespace_gives_no_right_on_roles(admin: Api, alice: Api, namespace: str) -> None:
    admin.grant("alice", namespace, EVERYTHING)

    reply = alice.patch({"kind": "ApiRole", "metadata": {"name": "admin"}}, {"spec": {"allowedNamespaces": ["*"]}})

    assert 'cannot patch resource "apiroles"' in reply.message
