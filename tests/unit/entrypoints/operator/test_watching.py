"""Watches by Kopf in its own thread: what arrives, how it ends, and that a broken one ends no other."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.entrypoints.operator.cache_store import Body, CacheStore, StoreOf, WatchStore
from pharia_access.entrypoints.operator.watching import Watcher
from pharia_access.kube.client import connect
from pharia_access.services.operator.scopes import CATALOG
from pharia_access.settings.operator import OperatorSettings
from tests.support.builders.domain_objects import CREDENTIAL, TOKEN, WINDOW
from tests.support.fakes.hostile_api import ReceivedRequest, hostile_api, plain_kubeconfig, reply
from tests.support.fakes.watched_kinds import GROUP, OBJECTS, VERSION, Post, a_kind, nobody, served

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pharia_access.domain.api_values import Kind

Json = dict[str, Any]


@pytest.fixture
def post() -> Post:
    return Post()


class Listener:
    """Knows on which thread its stores are called, and when something of each kind has come."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self.heard: dict[str, int] = {}
        self.complete = asyncio.Event()

    def store_of(self, kind: Kind, scope: str) -> WatchStore:
        listener = self

        class Listening(CacheStore):
            def put(self, item: Body) -> None:
                super().put(item)
                listener.heard[kind] = threading.get_ident()
                if len(listener.heard) == len(OBJECTS):
                    listener.complete.set()

        return Listening(kind, scope, cache=self._post.cache, health=self._post.health, window=WINDOW)


def hearing(post: Post, awaited: Kind, heard: asyncio.Event) -> StoreOf:
    """Stores that only say that they were given something of that kind."""

    class Hearing(CacheStore):
        def put(self, item: Body) -> None:
            if item["kind"] == awaited:
                heard.set()

    return lambda kind, scope: Hearing(kind, scope, cache=post.cache, health=post.health, window=WINDOW)


async def test_what_is_watched_arrives_in_the_operators_loop(tmp_path: Path, post: Post) -> None:
    listener, ended, begun = Listener(post), asyncio.Event(), list[int]()
    async with (
        hostile_api(served) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        watcher = Watcher(listener.store_of, connection, OperatorSettings())
        assert not watcher.alive
        post.health.request_resync = lambda _: begun.append(threading.get_ident())
        watcher.start(ended.set)
        await asyncio.wait_for(listener.complete.wait(), 10)
        assert watcher.alive

        watcher.stop()
        await asyncio.wait_for(ended.wait(), 10)

    assert not watcher.alive
    assert set(listener.heard.values()) == {threading.get_ident()}
    assert begun == [threading.get_ident()] * len(OBJECTS)  # one list each, in which nothing was
    assert (post.cache.tokens.keys, tuple(post.cache.credentials)) == ((TOKEN,), (CREDENTIAL,))
    assert {request.headers.get("authorization") for request in api.requests} == {"Bearer signed-in"}
    assert {request.method for request in api.requests} == {"GET"}
    await asyncio.to_thread(watcher._thread.join, 10)
    assert not watcher._thread.is_alive()


async def test_where_a_watch_cannot_go_on_another_begins_and_is_told(tmp_path: Path, post: Post) -> None:
    def too_old(request: ReceivedRequest) -> bytes | None:
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
        watcher = Watcher(post.store_of, connection, OperatorSettings())
        post.health.request_resync = begin
        watcher.start(nobody)
        await asyncio.wait_for(again.wait(), 10)
        watcher.stop()
        await asyncio.to_thread(watcher._thread.join, 10)

    assert not post.cache.tokens.keys


async def test_a_login_that_is_refused_for_good_ends_the_watch_and_all_its_threads(tmp_path: Path, post: Post) -> None:
    """A thread that waits for ever would keep the interpreter from ending."""
    before, ended = set(threading.enumerate()), asyncio.Event()
    async with (
        hostile_api(lambda _: reply(401, {"kind": "Status", "code": 401, "reason": "Unauthorized"})) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        watcher = Watcher(post.store_of, connection, OperatorSettings())
        watcher.start(ended.set)
        await asyncio.wait_for(ended.wait(), 10)
        watcher._thread.join(10)

    assert not watcher.alive
    assert set(threading.enumerate()) <= before


PLACES = ("good", "bad")


def of_two_places(bad: Callable[[ReceivedRequest], bytes | None]) -> Callable[[ReceivedRequest], bytes | None]:
    """In one namespace all goes well: objects come when it is watched. What is asked about the other, `bad` answers."""

    def answer(request: ReceivedRequest) -> bytes | None:
        place = request.path.split("/namespaces/")[-1].partition("/")[0]
        if place == "bad":
            return bad(request)
        return served(request)

    return answer


def in_watches(content: bytes | Json) -> Callable[[ReceivedRequest], bytes | None]:
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
    tmp_path: Path, post: Post, bad: Callable[[ReceivedRequest], bytes | None]
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
        watcher = Watcher(listener.store_of, connection, OperatorSettings(watch_namespaces=PLACES))
        post.health.watch_refused = refuse
        watcher.start(ended.set)
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

    def at_first(request: ReceivedRequest) -> bytes | None:
        return reply(200, b"\xff\n") if broken and "watch" in request.query else served(request)

    async with (
        hostile_api(at_first) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        watcher = Watcher(hearing(post, "ApiToken", heard), connection, OperatorSettings(watch_namespaces=("bad",)))
        post.health.watch_refused = lambda _: broken.clear()
        watcher.start(nobody)
        await asyncio.wait_for(heard.wait(), 10)
        watcher.stop()
        await asyncio.to_thread(watcher._thread.join, 15)

    assert broken == []
    assert not watcher._thread.is_alive()


async def test_a_kind_that_was_not_served_at_the_start_is_watched_once_it_is_listed(tmp_path: Path, post: Post) -> None:
    missing, heard = [True], asyncio.Event()

    def without_roles(request: ReceivedRequest) -> bytes | None:
        if missing and request.path == f"/apis/{GROUP}/{VERSION}":
            return reply(200, {"resources": [a_kind("apitokens"), a_kind("apicredentials")]})
        return served(request)

    async with (
        hostile_api(without_roles) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        watcher = Watcher(hearing(post, "ApiRole", heard), connection, OperatorSettings())
        watcher.start(nobody)
        await asyncio.sleep(1)
        assert not heard.is_set()
        missing.clear()
        watcher.try_now(CATALOG)
        await asyncio.wait_for(heard.wait(), 10)
        watcher.stop()
        await asyncio.to_thread(watcher._thread.join, 15)
