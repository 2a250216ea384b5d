"""What watches tell: what each event means to the cache, and how the watches go."""

from __future__ import annotations

from typing import Any

import pytest

from pharia_access.kube.reflector_store import Interruption
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.builders.domain_objects import CREDENTIAL, TOKEN
from tests.support.builders.stored_objects import stored_credential, stored_role, stored_token, with_field
from tests.support.fakes.watched_kinds import Post

Json = dict[str, Any]


def event(body: Json, what: str | None = "ADDED", *, version: str = "7") -> Json:
    """As Kopf hands it over: None stands for an object of its first list."""
    return {"type": what, "object": with_field(body, "metadata.resourceVersion", version)}


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.mark.parametrize("what", [None, "ADDED", "MODIFIED"])
def test_a_token_that_is_seen_is_kept_and_looked_at(post: Post, what: str | None) -> None:
    post.tell(event(stored_token(), what))

    assert post.cache.tokens.keys == (TOKEN,)
    assert post.waiting == {WorkItem("token", TOKEN)}


def test_a_token_of_which_the_view_knows_a_later_state_is_not_even_read(post: Post) -> None:
    post.tell(event(stored_token(), version="9"))

    post.tell(event(with_field(stored_token(), "spec", "not even a spec"), version="8"))

    assert post.cache.tokens.has_version(TOKEN, "9")
    assert post.replica.metrics.malformed_kinds == {}


@pytest.mark.parametrize(("uid", "left"), [("token-1", ()), ("token-0", (TOKEN,))])
def test_a_token_that_is_gone_is_forgotten_but_not_for_its_predecessor(
    post: Post, uid: str, left: tuple[object, ...]
) -> None:
    post.tell(event(stored_token()))

    post.tell(event(with_field(stored_token(), "metadata.uid", uid), "DELETED"))

    assert post.cache.tokens.keys == left


def test_a_credential_comes_and_goes(post: Post) -> None:
    post.tell(event(stored_credential()))
    assert tuple(post.cache.credentials) == (CREDENTIAL,)
    assert post.waiting == {WorkItem("credential", CREDENTIAL)}

    post.tell(event(stored_credential(), "DELETED"))
    assert not post.cache.credentials


def test_a_role_comes_and_goes(post: Post) -> None:
    post.tell(event(stored_credential()))
    post.tell(event(stored_role()))
    assert list(post.cache.catalog) == ["studio-user"]

    post.tell(event(stored_role(), "DELETED"))
    assert list(post.cache.catalog) == []
    assert WorkItem("credential", CREDENTIAL) in post.waiting


def test_what_cannot_be_understood_is_counted_and_the_next_event_is_heard(post: Post) -> None:
    post.tell(event(with_field(stored_token(), "spec.ttl", "banana")))
    post.tell(event(with_field(stored_credential(), "spec.roles", 7)))
    post.tell(event(with_field(stored_role(), "spec.allowedNamespaces", None)))
    malformed = post.cache.invalid_object("ApiToken", TOKEN)
    post.tell(event(stored_role()))

    assert malformed is not None
    assert malformed.why.startswith("spec.ttl")
    assert post.replica.metrics.malformed_kinds == {"ApiToken": 1, "ApiCredential": 1, "ApiRole": 1}
    assert (post.cache.tokens.keys, tuple(post.cache.credentials)) == ((), ())
    assert list(post.cache.catalog) == ["studio-user"]


def test_an_object_gone_is_forgotten_also_where_it_could_not_be_understood(post: Post) -> None:
    broken = with_field(stored_token(), "spec.ttl", "banana")
    post.tell(event(broken))

    post.tell(event(broken, "DELETED"))

    assert post.cache.invalid_object("ApiToken", TOKEN) is None


def test_who_lists_hears_how_the_watches_of_a_scope_go(post: Post) -> None:
    told: list[str] = []
    post.health.request_resync = lambda scope: told.append(f"list {scope}")
    post.health.watch_refused = lambda scope: told.append(f"refused {scope}")
    post.health.watch_goes_on = lambda scope: told.append(f"goes on {scope}")
    store = post.store_of("ApiToken", "finance")

    store.alive(1)
    store.listed((), None, 2)
    store.interrupted(Interruption.BROKEN, 3)
    store.interrupted(Interruption.DENIED, 4)
    store.denied(4)
    store.mark_fresh(5)

    assert told == ["goes on finance", "list finance", "refused finance", "refused finance"]
    assert store.may_resume(6)


@pytest.mark.parametrize("cause", [Interruption.SILENT, Interruption.REWOUND])
def test_a_watch_that_begins_anew_is_logged_and_no_refusal(
    post: Post, caplog: pytest.LogCaptureFixture, cause: Interruption
) -> None:
    refused: list[str] = []
    post.health.watch_refused = refused.append

    with caplog.at_level("INFO"):
        post.store_of("ApiToken", "finance").interrupted(cause, 1)

    assert refused == []
    assert [(record.message, record.__dict__["cause"]) for record in caplog.records] == [
        ("a watch cannot go on: listing anew", cause)
    ]


def test_an_event_of_no_object_is_logged_and_changes_nothing(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    post.store_of("ApiToken", "finance").invalid("", "an event without the name of an object")

    assert "malformed event" in caplog.text
    assert len(post.cache.tokens) == 0
