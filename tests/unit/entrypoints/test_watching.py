"""Watch events, translated: what each means to the intake, and that a malformed one stops nothing."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.entrypoints.inbox import Inbox
from pharia_access.entrypoints.watching import Hearers, Watcher
from pharia_access.kube.client import connect
from pharia_access.services.scopes import CATALOGUE
from pharia_access.services.work_queue import Work
from pharia_access.settings.operator import OperatorSettings
from tests.support.builders import CREDENTIAL, TOKEN
from tests.support.fake_cluster import FakeCluster
from tests.support.fake_store import FakeStore
from tests.support.hostile_api import Request, hostile_api, plain_kubeconfig, reply
from tests.support.replica import Replica
from tests.support.stored import stored_credential, stored_role, stored_token, with_field
from tests.support.virtual_time import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pharia_access.domain.sightings import Kind

Json = dict[str, Any]


class Post:
    """An inbox, and the replica whose intake it fills."""

    def __init__(self) -> None:
        clock = FakeClock()
        self.replica = Replica(cluster=FakeCluster(FakeStore(clock.now)), clock=clock)
        self.replica.intake.acting = True
        self.view = self.replica.view
        self.inbox = Inbox(intake=self.replica.intake, view=self.view, settings=OperatorSettings())

    @property
    def waiting(self) -> set[Work]:
        return set(self.replica.queue._waiting)


def event(body: Json, what: str | None = "ADDED", *, version: str = "7") -> Json:
    """As Kopf hands it over: None stands for an object of its first list."""
    return {"type": what, "object": with_field(body, "metadata.resourceVersion", version)}


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.mark.parametrize("what", [None, "ADDED", "MODIFIED"])
def test_a_token_that_is_seen_is_kept_and_looked_at(post: Post, what: str | None) -> None:
    post.inbox.token(event(stored_token(), what))

    assert post.view.token_keys == (TOKEN,)
    assert post.waiting == {Work("token", TOKEN)}


def test_a_token_of_which_the_view_knows_a_later_state_is_not_even_read(post: Post) -> None:
    post.inbox.token(event(stored_token(), version="9"))

    post.inbox.token(event(with_field(stored_token(), "spec", "not even a spec"), version="8"))

    assert post.view.knows(TOKEN, "9")
    assert post.replica.metrics.malformed_kinds == {}


@pytest.mark.parametrize(("uid", "left"), [("token-1", ()), ("token-0", (TOKEN,))])
def test_a_token_that_is_gone_is_forgotten_but_not_for_its_predecessor(
    post: Post, uid: str, left: tuple[object, ...]
) -> None:
    post.inbox.token(event(stored_token()))

    post.inbox.token(event(with_field(stored_token(), "metadata.uid", uid), "DELETED"))

    assert post.view.token_keys == left


def test_a_credential_comes_and_goes(post: Post) -> None:
    post.inbox.credential(event(stored_credential()))
    assert post.view.credential_keys == (CREDENTIAL,)
    assert post.waiting == {Work("credential", CREDENTIAL)}

    post.inbox.credential(event(stored_credential(), "DELETED"))
    assert not post.view.credential_keys


def test_a_role_comes_and_goes(post: Post) -> None:
    post.inbox.credential(event(stored_credential()))
    post.inbox.role(event(stored_role()))
    assert list(post.view.catalogue) == ["studio-user"]

    post.inbox.role(event(stored_role(), "DELETED"))
    assert list(post.view.catalogue) == []
    assert Work("credential", CREDENTIAL) in post.waiting


def test_what_cannot_be_understood_is_counted_and_the_next_event_is_heard(post: Post) -> None:
    post.inbox.token(event(with_field(stored_token(), "spec.ttl", "banana")))
    post.inbox.credential(event(with_field(stored_credential(), "spec.roles", 7)))
    post.inbox.role(event(with_field(stored_role(), "spec.allowedNamespaces", None)))
    malformed = post.replica.intake.malformed(Work("token", TOKEN))
    post.inbox.role(event(stored_role()))

    assert malformed is not None
    assert malformed.why.startswith("spec.ttl")
    assert post.replica.metrics.malformed_kinds == {"ApiToken": 1, "ApiCredential": 1, "ApiRole": 1}
    assert (post.view.token_keys, post.view.credential_keys) == ((), ())
    assert list(post.view.catalogue) == ["studio-user"]


def test_an_object_gone_is_forgotten_also_where_it_could_not_be_understood(post: Post) -> None:
    broken = with_field(stored_token(), "spec.ttl", "banana")
    post.inbox.token(event(broken))

    post.inbox.token(event(broken, "DELETED"))

    assert post.replica.intake.malformed(Work("token", TOKEN)) is None


GROUP, VERSION = "access.pharia.ai", "v1alpha1"
OBJECTS = {"apiroles": stored_role(), "apicredentials": stored_credential(), "apitokens": stored_token()}
DISCOVERY: Json = {
    "/api": {"versions": ["v1"]},
    "/apis": {
        "groups": [
            {"name": name, "versions": [{"version": version}], "preferredVersion": {"version": version}}
            for name, version in ((GROUP, VERSION), ("apiextensions.k8s.io", "v1"))
        ]
    },
    "/api/v1": ["namespaces"],
    "/apis/apiextensions.k8s.io/v1": ["customresourcedefinitions"],
    f"/apis/{GROUP}/{VERSION}": list(OBJECTS),
}


def served(request: Request) -> bytes | None:
    """What Kopf asks for: which kinds there are, lists, and then watches in which an object of each kind comes."""
    last = request.path.rpartition("/")[2]
    if "watch" in request.query:
        from_the_list = request.query["resourceVersion"] == ["9"]
        return reply(200, {"type": "ADDED", "object": OBJECTS[last]}) if from_the_list else None
    if last in OBJECTS:
        nothing = request.query.get("fieldSelector") == ["metadata.name=-"]
        items = [] if nothing else [OBJECTS[last]] * 1000
        return reply(200, {"metadata": {"resourceVersion": "9"}, "items": items})
    answer = DISCOVERY.get(request.path, {})
    if isinstance(answer, list):
        answer = {"resources": [a_kind(plural) for plural in answer]}
    return reply(200, answer)


def a_kind(plural: str) -> Json:
    kind = stored["kind"] if (stored := OBJECTS.get(plural)) else plural.title()
    namespaced = plural in {"apicredentials", "apitokens"}
    return {"name": plural, "singularName": "", "kind": kind, "namespaced": namespaced, "verbs": ["list", "watch"]}


class Listener(Inbox):
    """An inbox that knows on which thread it is called, and when something of each kind has come."""

    def __init__(self, post: Post) -> None:
        super().__init__(intake=post.replica.intake, view=post.view, settings=OperatorSettings())
        self.heard: dict[str, int] = {}
        self.complete = asyncio.Event()

    def _guarded(self, kind: Kind, body: Mapping[str, Any], take_in: Callable[[], None]) -> None:
        super()._guarded(kind, body, take_in)
        self.heard[kind] = threading.get_ident()
        if len(self.heard) == len(OBJECTS):
            self.complete.set()


def hearers(**told: Callable[..., None]) -> Hearers:
    """Nobody listens but for these."""

    def nobody(_scope: str) -> None: ...

    return replace(Hearers(nobody, nobody, nobody, lambda: None), **told)


async def test_what_is_watched_arrives_in_the_operators_loop(tmp_path: Path, post: Post) -> None:
    listener, ended, begun = Listener(post), asyncio.Event(), list[int]()
    async with (
        hostile_api(served) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        watcher = Watcher(listener, connection, OperatorSettings())
        assert not watcher.alive
        watcher.start(hearers(begun=lambda _: begun.append(threading.get_ident()), ended=ended.set))
        await asyncio.wait_for(listener.complete.wait(), 10)
        assert watcher.alive

        watcher.stop()
        await asyncio.wait_for(ended.wait(), 10)

    assert not watcher.alive
    assert set(listener.heard.values()) == {threading.get_ident()}
    assert begun == [threading.get_ident()] * len(OBJECTS)  # one list each, in which nothing was
    assert (post.view.token_keys, post.view.credential_keys) == ((TOKEN,), (CREDENTIAL,))
    assert {request.headers.get("authorization") for request in api.requests} == {"Bearer signed-in"}
    assert {request.method for request in api.requests} == {"GET"}
    await asyncio.to_thread(watcher._thread.join, 10)
    assert not watcher._thread.is_alive()


async def test_where_a_watch_cannot_go_on_another_begins_and_is_told(tmp_path: Path, post: Post) -> None:
    def too_old(request: Request) -> bytes | None:
        if "watch" in request.query:
            return reply(200, {"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old"}})
        return served(request)

    again, begun = asyncio.Event(), list[None]()

    def begin(_scope: str) -> None:
        begun.append(None)
        if len(begun) > len(OBJECTS):
            again.set()

    async with (
        hostile_api(too_old) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        watcher = Watcher(post.inbox, connection, OperatorSettings())
        watcher.start(hearers(begun=begin))
        await asyncio.wait_for(again.wait(), 10)
        watcher.stop()
        await asyncio.to_thread(watcher._thread.join, 10)

    assert not post.view.token_keys


async def test_a_login_that_is_refused_for_good_ends_the_watch(tmp_path: Path, post: Post) -> None:
    ended = asyncio.Event()
    async with (
        hostile_api(lambda _: reply(401, {"kind": "Status", "code": 401, "reason": "Unauthorized"})) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        watcher = Watcher(post.inbox, connection, OperatorSettings())
        watcher.start(hearers(ended=ended.set))
        await asyncio.wait_for(ended.wait(), 10)

    assert not watcher.alive


PLACES = ("good", "bad")


def of_two_places(bad: Callable[[Request], bytes | None]) -> Callable[[Request], bytes | None]:
    """In one namespace all goes well: objects come when it is watched. What is asked about the other, `bad` answers."""

    def answer(request: Request) -> bytes | None:
        place = request.path.split("/namespaces/")[-1].partition("/")[0]
        if place == "bad":
            return bad(request)
        return served(request)

    return answer


def in_watches(content: bytes | Json) -> Callable[[Request], bytes | None]:
    """Lists are answered, and watches with this."""
    return lambda request: reply(200, content) if "watch" in request.query else served(request)


UNHEARD = [
    pytest.param(lambda _: None, id="no answer"),
    pytest.param(in_watches({"type": "ADDED", "object": {"metadata": {}}}), id="an object without a name"),
    pytest.param(in_watches(b'{"type": 7, "object": 7}'), id="numbers"),
]
"""What Kopf does not mind, or minds later."""
BROKEN_WATCHES = [
    pytest.param(lambda _: reply(403, {"kind": "Status", "code": 403}), id="forbidden"),
    pytest.param(lambda _: reply(404, {"kind": "Status", "code": 404}), id="not served"),
    pytest.param(lambda _: reply(400, {"kind": "Status", "code": 400}), id="a bad request"),
    pytest.param(lambda _: reply(500, b"\xff\xfe"), id="an undecodable error"),
    pytest.param(lambda _: reply(200, b"<html>"), id="a list that is none"),
    pytest.param(in_watches(b"\xff\xfe\n"), id="an undecodable event"),
    pytest.param(in_watches(b'{"type": "ADDED"'), id="half an event"),
    pytest.param(in_watches(b"[]\n"), id="an event that is a list"),
    pytest.param(in_watches({"type": "ADDED"}), id="an event without an object"),
    pytest.param(in_watches({"type": "ADDED", "object": None}), id="an event with nothing"),
    pytest.param(in_watches({"type": "ERROR", "object": {"code": 500}}), id="an error"),
    pytest.param(in_watches({"type": "ERROR", "object": {}}), id="an error without a code"),
]


@pytest.mark.parametrize("bad", [*BROKEN_WATCHES, *UNHEARD])
async def test_a_namespace_whose_watch_is_broken_ends_no_other_and_is_named(
    tmp_path: Path, post: Post, bad: Callable[[Request], bytes | None]
) -> None:
    listener, refused, ended = Listener(post), asyncio.Event(), asyncio.Event()
    told: set[str] = set()

    def refuse(scope: str) -> None:
        told.add(scope)
        refused.set()

    async with (
        hostile_api(of_two_places(bad)) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        watcher = Watcher(listener, connection, OperatorSettings(watch_namespaces=PLACES))
        watcher.start(hearers(refused=refuse, ended=ended.set))
        await asyncio.wait_for(listener.complete.wait(), 10)
        if bad not in [case.values[0] for case in UNHEARD]:
            await asyncio.wait_for(refused.wait(), 10)
        await asyncio.sleep(0.5)

        assert watcher.alive
        assert not ended.is_set()
        assert told <= {"bad"}
        watcher.stop()
        await asyncio.wait_for(ended.wait(), 15)


async def test_a_namespace_whose_watch_was_broken_is_watched_again(tmp_path: Path, post: Post) -> None:
    broken, heard = [True], asyncio.Event()

    class Hearing(Inbox):
        def token(self, event: Mapping[str, Any]) -> None:
            heard.set()

    def at_first(request: Request) -> bytes | None:
        return reply(200, b"\xff\n") if broken and "watch" in request.query else served(request)

    inbox = Hearing(intake=post.replica.intake, view=post.view, settings=OperatorSettings())
    async with (
        hostile_api(at_first) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        watcher = Watcher(inbox, connection, OperatorSettings(watch_namespaces=("bad",)))
        watcher.start(hearers(refused=lambda _: broken.clear()))
        await asyncio.wait_for(heard.wait(), 10)
        watcher.stop()
        await asyncio.to_thread(watcher._thread.join, 15)


async def test_a_kind_that_was_not_served_at_the_start_is_watched_once_it_is_listed(tmp_path: Path, post: Post) -> None:
    missing, heard = [True], asyncio.Event()

    class Hearing(Inbox):
        def role(self, event: Mapping[str, Any]) -> None:
            heard.set()

    def without_roles(request: Request) -> bytes | None:
        if missing and request.path == f"/apis/{GROUP}/{VERSION}":
            return reply(200, {"resources": [a_kind("apitokens"), a_kind("apicredentials")]})
        return served(request)

    inbox = Hearing(intake=post.replica.intake, view=post.view, settings=OperatorSettings())
    async with (
        hostile_api(without_roles) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        watcher = Watcher(inbox, connection, OperatorSettings())
        watcher.start(hearers())
        await asyncio.sleep(1)
        assert not heard.is_set()
        missing.clear()
        watcher.try_now(CATALOGUE)
        await asyncio.wait_for(heard.wait(), 10)
        watcher.stop()
        await asyncio.to_thread(watcher._thread.join, 15)
