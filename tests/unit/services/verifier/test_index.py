"""What the verifier knows of the cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.permissions import Permission, Role
from pharia_access.domain.verdict import CredentialRecord, IssuedToken
from pharia_access.services.verifier.index import Index

if TYPE_CHECKING:
    from collections.abc import Callable

ID, OTHER_ID = "a" * 16, "b" * 16
READER = Role("reader", frozenset({"*"}), (Permission("Read"),))
BOT = CredentialRecord("finance", "bot", "uid-c", ("reader", "writer"))


def token(name: str = "ci", token_id: str = ID, **changes: object) -> IssuedToken:
    made = IssuedToken(
        key=f"finance/{name}",
        uid=f"uid-{name}",
        token_id=token_id,
        credential_key="finance/bot",
        credential_uid="uid-c",
        issued_at=0.0,
        ends_at=1.0,
        ends_text="",
        revoked=False,
        deleting=False,
        hash=f"hash of {name}",
    )
    return replace(made, **changes)  # type: ignore[arg-type] # fields of the record


def test_a_token_is_found_by_its_id_until_it_is_dropped() -> None:
    index = Index()
    index.put_token(token())

    assert index.find(ID) is not None
    index.drop("ApiToken", "finance/ci")
    index.drop("ApiToken", "finance/never-there")

    assert index.find(ID) is None
    assert index.sizes() == {"ApiToken": 0, "ApiCredential": 0, "ApiRole": 0}


def test_what_has_its_name_is_replaced_also_under_another_id() -> None:
    index = Index()
    index.put_token(token())
    index.put_token(token(token_id=OTHER_ID))

    assert index.find(ID) is None
    assert index.find(OTHER_ID) is not None


@pytest.mark.parametrize("leaving", ["one", "two", "three"])
def test_an_id_that_several_claim_is_nobodys_until_one_is_left(leaving: str) -> None:
    index = Index()
    names = ["one", "two", "three"]
    for name in names:
        index.put_token(token(name))
        assert (index.find(ID) is None) is (name != "one")

    index.drop("ApiToken", f"finance/{leaving}")
    assert (index.find(ID), index.is_shared(ID), index.shared_ids) == (None, True, 1)
    second, last = (name for name in names if name != leaving)
    index.drop("ApiToken", f"finance/{second}")

    found = index.find(ID)
    assert found is not None
    assert (found.key, index.is_shared(ID), index.shared_ids) == (f"finance/{last}", False, 0)
    index.drop("ApiToken", f"finance/{last}")
    assert index.find(ID) is None


def test_an_event_of_one_that_shares_its_id_changes_nothing_about_that() -> None:
    index = Index()
    index.put_token(token("one"))
    index.put_token(token("two"))

    index.put_token(token("one", revoked=True))

    assert (index.find(ID), index.is_shared(ID)) == (None, True)


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        pytest.param({"last_used": 5.0}, True, id="another field"),
        pytest.param({"hash": "another"}, False, id="another hash"),
        pytest.param({"uid": "another"}, False, id="another object of the name"),
    ],
)
def test_what_was_proved_stays_with_the_same_hash_of_the_same_object(changes: dict[str, object], *, kept: bool) -> None:
    index = Index()
    first = token()
    index.put_token(first)
    first.own_mac, first.noted = b"proved", 7.0

    index.put_token(replace(token(), **changes))  # type: ignore[arg-type] # fields of the record

    found = index.find(ID)
    assert found is not None
    assert (found.own_mac, found.noted) == ((b"proved", 7.0) if kept else (None, 0.0))


def test_roles_count_as_they_are_now() -> None:
    index = Index()
    index.put_credential_record(BOT)
    index.put_role(READER)
    assert index.effective_roles(BOT).roles == ("reader",)

    index.put_role(Role("writer", frozenset({"finance"}), ()))
    assert index.effective_roles(BOT).roles == ("reader", "writer")

    index.put_role(Role("writer", frozenset({"elsewhere"}), ()))
    assert index.effective_roles(BOT).roles == ("reader",)

    index.drop("ApiRole", "reader")
    assert index.effective_roles(BOT).permissions == ()


def test_a_credential_counts_as_it_is_now() -> None:
    index = Index()
    index.put_role(READER)
    index.put_credential_record(BOT)
    assert index.effective_roles(BOT).roles == ("reader",)

    other = replace(BOT, roles=())
    index.put_credential_record(other)
    assert index.credential("finance/bot") == other
    assert index.effective_roles(other).roles == ()

    index.drop("ApiCredential", "finance/bot")
    assert index.credential("finance/bot") is None


def test_each_change_counts_as_one_more_than_all_before() -> None:
    """Whoever keeps what he found sees by the number whether that may be other now."""
    index = Index()
    changes: list[Callable[[], None]] = [
        lambda: index.put_credential_record(BOT),
        lambda: index.put_role(READER),
        lambda: index.put_token(token()),
        lambda: index.drop("ApiToken", "finance/ci"),
    ]
    seen = [index.changes]
    for change in [*changes, *changes]:
        change()
        seen.append(index.changes)

    assert seen == list(range(len(seen)))


def test_a_full_list_sweeps_away_what_it_did_not_show() -> None:
    index = Index()
    index.put_token(token("one"))
    index.put_token(token("two", OTHER_ID))
    index.put_credential_record(BOT)
    index.put_role(READER)

    index.keep_only("ApiToken", {"finance/two"})
    index.keep_only("ApiCredential", set(), namespace="elsewhere")
    assert index.sizes() == {"ApiToken": 1, "ApiCredential": 1, "ApiRole": 1}

    index.keep_only("ApiCredential", set(), namespace="finance")
    index.keep_only("ApiRole", set())
    assert index.sizes() == {"ApiToken": 1, "ApiCredential": 0, "ApiRole": 0}
