"""What use cases read: emptiness that is certain or not, who uses a role, what somebody should look at, keys in use."""

from __future__ import annotations

from typing import Any

import pytest

from pharia_access.domain.administration.findings import FindingType, Limits
from pharia_access.domain.administration.key_usage import KeyState
from pharia_access.domain.administration.next_steps import ListNamespaces, NameReleaseNamespace
from pharia_access.domain.administration.stored import Stored
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.keyring import Keyring, MacKey
from pharia_access.errors import ForbiddenError
from pharia_access.services.administration import keyring, queries
from pharia_access.services.administration.hygiene import report
from pharia_access.services.administration.plans import BlockedError
from pharia_access.services.administration.queries import Nothing
from pharia_access.services.administration.roles import users_of
from tests.support.administration.contexts import Heard, context_of
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.stored_bodies import an_active_token
from tools.control_plane.resources import api_credential, api_role, api_token


@pytest.mark.parametrize(
    ("namespaces", "namespace", "nothing"),
    [
        ({"finance"}, "finance", Nothing("finance", certain=True)),
        (None, "finance", Nothing("finance", certain=False)),
        (set(), None, Nothing(None, certain=True)),
    ],
)
async def test_an_empty_list_says_where_and_how_certainly(
    namespaces: set[str] | None, namespace: str | None, nothing: Nothing
) -> None:
    assert await queries.nothing_in(context_of(FakeObjects(namespaces=namespaces)), namespace) == nothing


async def test_an_empty_list_of_a_namespace_that_is_not_there_is_blocked() -> None:
    with pytest.raises(BlockedError, match='There is no namespace "finance"') as raised:
        await queries.nothing_in(context_of(FakeObjects(namespaces={"hr"})), "finance")

    assert raised.value.next_steps == (ListNamespaces(),)


async def test_a_list_of_several_pages_tells_how_far_it_is() -> None:
    heard = Heard()
    objects = FakeObjects().put(*(api_token("finance", name) for name in "abc"))

    found = await queries.tokens_in(context_of(objects, heard), None)

    assert [token.key.name for token in found] == ["a", "b", "c"]
    assert heard.lists == [("tokens", 1, 2), ("tokens", 2, 1)]


async def test_tokens_are_judged_by_their_credentials_as_far_as_one_may_read_them() -> None:
    token = an_active_token(api_token("finance", "ci"))
    token["status"] |= {"tokenID": "abc", "hash": "x", "credential": {"uid": "uid-1"}}
    objects = FakeObjects().put(api_credential("finance", suspended=True), token)
    context = context_of(objects)
    tokens = await queries.tokens_of(context, "invoice-bot")

    (seen,) = await queries.judged_tokens(context, tokens)
    objects.forbidden.add("get ApiCredential")
    (unseen,) = await queries.judged_tokens(context, tokens)

    assert seen.unusable is not None
    assert unseen.unusable is None


@pytest.mark.parametrize(
    ("forbidden", "names", "only_in", "searched"),
    [
        pytest.param(set(), ["finance/invoice-bot", "hr/invoice-bot"], None, True, id="everywhere"),
        pytest.param({"list all ApiCredential"}, ["finance/invoice-bot"], "finance", True, id="in one namespace"),
        pytest.param({"list all ApiCredential", "list ApiCredential"}, [], None, False, id="nowhere"),
    ],
)
async def test_the_users_of_a_role_are_searched_as_far_as_one_may(
    forbidden: set[str], names: list[str], only_in: str | None, *, searched: bool
) -> None:
    objects = FakeObjects(forbidden=forbidden).put(api_credential("hr"), api_credential("finance"))

    users = await users_of(context_of(objects), "studio-user")

    assert [str(each.key) for each in users.credentials] == names
    assert (users.only_in, users.searched) == (only_in, searched)


async def test_a_report_counts_what_was_looked_at() -> None:
    objects = FakeObjects().put(api_role(), api_credential("finance"), an_active_token(api_token("finance")))

    found = await report(context_of(objects), Limits())

    assert (found.credentials, found.tokens, found.nothing) == (1, 1, None)
    assert [finding.type for finding in found.findings] == []


async def test_a_report_on_nothing_is_no_all_clear() -> None:
    found = await report(context_of(FakeObjects()), Limits())
    lonely = await report(context_of(FakeObjects().put(api_role(), api_credential("finance"))), Limits())

    assert (found.findings, found.nothing) == ((), Nothing("finance", certain=True))
    assert ([finding.type for finding in lonely.findings], lonely.nothing) == ([FindingType.NO_TOKENS], None)


async def test_a_report_that_may_not_look_fails() -> None:
    with pytest.raises(ForbiddenError):
        await report(context_of(FakeObjects(forbidden={"list ApiCredential"})), Limits())


def test_a_stored_object_is_understood_only_when_somebody_asks() -> None:
    def sum_up(_: dict[str, Any]) -> TokenSummary:
        raise AssertionError

    assert Stored(api_token("finance", "ci"), sum_up).label == "token ci"


class _Keyrings:
    """A Secret with a keyring, or none."""

    def __init__(self, held: Keyring | None) -> None:
        self._held = held

    async def read_keyring(self) -> tuple[Any, str] | None:
        return None if self._held is None else (self._held.to_data(), "1")


async def test_keys_are_counted_by_the_active_tokens_that_use_them() -> None:
    key = MacKey("key-1", b"k" * 32)
    token = an_active_token(api_token("finance"), mac={"keyID": "key-1", "keyFingerprint": key.fingerprint})
    keyrings: Any = _Keyrings(Keyring(key, {"key-1": key}))

    (usage,) = await keyring.key_usage(context_of(FakeObjects().put(token)), keyrings, home="system")

    assert (usage.key_id, usage.state, usage.tokens) == ("key-1", KeyState.CURRENT, 1)


async def test_a_release_without_a_keyring_is_blocked() -> None:
    nothing: Any = _Keyrings(None)

    with pytest.raises(BlockedError, match="There is no keyring in namespace system") as raised:
        await keyring.key_usage(context_of(FakeObjects()), nothing, home="system")

    assert raised.value.next_steps == (NameReleaseNamespace(),)
    assert "No token stops working." in keyring.plan_rotation("system").consequences[0]
