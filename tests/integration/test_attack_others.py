"""Attacks that need a world of their own: on others' turns, on room for newcomers, on the guards themselves.

Each names its goal, as the sequences of tests/attacks do.
"""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from tests.attacks.attackers import READER, WEAK, person
from tests.attacks.directed import directed
from tests.attacks.evidence import minted_in
from tests.attacks.known import NOT_YET_MENDED
from tests.attacks.moves import Move, Target, Verb
from tests.support.security.guards import POLICIES
from tests.support.security.unguarded import unguarded
from tools.control_plane.processes import ProcessError, wait_until
from tools.control_plane.workspace import outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.attacks.furnished_namespaces import Place
    from tests.attacks.world import World
    from tools.control_plane.verifiers import RunningVerifier
    from tools.control_plane.workspace import Workspace

OPERATOR_SETTINGS: Final = {"RESYNC_INTERVAL": "5s"}
NOISY: Final = 60
ROOM: Final = 16
GUARDS_NOTICED: Final = 30.0
"""Seconds in which the operator must have noticed that the guards are gone; it looks every 5 s here."""
QUOTA: Final = "/api/v1/namespaces/{}/resourcequotas"


def open_still(finding: str) -> pytest.MarkDecorator:
    return pytest.mark.xfail(finding in NOT_YET_MENDED, reason=f"{finding} is not mended yet", raises=AssertionError)


@pytest.mark.parametrize("spec", [{"maxTokens": 1}, {}], ids=["that may not have them", "that may"])
def test_who_asks_for_many_tokens_holds_up_nobody_elsewhere(world: World, spec: dict[str, int]) -> None:
    """Another's mint held up. `bench fairness` has the figures of thousands."""
    noisy = world.workspace(world.place().namespace)
    noisy.credential("noisy", roles=[READER], tokenPolicy=spec)
    for number in range(NOISY):
        noisy.token(f"noisy-{number}", credentialRef={"name": "noisy"}, ttl="1h")

    assert minted_in(world, world.beside, world.verifier) is not None


@open_still("attacks.md 6")
def test_connections_that_show_no_token_keep_nobody_out(world: World, small: RunningVerifier) -> None:
    """Room for newcomers: strangers hold all connections, and one with a good token comes."""
    token = world.place().texts["own"]
    wait_until(lambda: small.ask("/auth/nginx", token).status == 200, what="the token is known")

    with ExitStack() as strangers:
        for _ in range(ROOM + 2):
            connection = strangers.enter_context(socket.create_connection(("127.0.0.1", small.port), timeout=5))
            connection.sendall(b"GET /auth/nginx HTTP/1.1\r\nHost: v\r\n\r\n")
            connection.recv(4096)
        got_in = _within(5.0, lambda: small.ask("/auth/nginx", token).status == 200)

    assert got_in, "a newcomer with a good token was kept out"


@pytest.fixture
def small(world: World) -> Iterator[RunningVerifier]:
    """A verifier that has room for a few."""
    started = world.start_verifier({"MAX_CONNECTIONS": str(ROOM)})
    yield started
    started.process.stop()


@open_still("attacks.md 5")
def test_without_the_guards_nothing_is_minted_for_long(world: World) -> None:
    """Policies gone, yet minting: all bindings are deleted, and somebody without the right asks again and again."""
    place = world.place()
    here, editor = world.workspace(place.namespace), world.admin.as_user("editor")

    with unguarded(world.admin, *POLICIES, passes=lambda: not _refused(world, place)):
        deadline, number, stopped = time.monotonic() + GUARDS_NOTICED, 0, False
        while not stopped and time.monotonic() < deadline:
            number += 1
            move = Move(Verb.CREATE, Target("ApiToken", f"unasked-{number}"))
            assert move.send(editor, place.namespace).ok
            stopped = not _within(3.0, partial(_minted, here, move.target.name))

    assert stopped, f"{number} tokens were minted without a guard in {GUARDS_NOTICED:.0f} s"
    assert _within(60.0, lambda: minted_in(world, world.beside, world.verifier) is not None), "and it goes on with them"


def test_a_quota_of_no_secrets_stops_its_namespace_alone_and_lets_nothing_go_that_was_revoked(world: World) -> None:
    """Another's mint held up, a dead token accepted: tokens wait for the quota, one of them is revoked meanwhile."""
    place = world.place()
    here, path = world.workspace(place.namespace), QUOTA.format(place.namespace)
    quota = {"metadata": {"name": "none"}, "spec": {"hard": {"count/secrets": "0"}}}
    assert world.admin.request("POST", path, body=quota).ok
    wait_until(
        lambda: "used" in world.admin.request("GET", f"{path}/none").body["status"], what="the quota counts", timeout=60
    )
    for name in ("kept", "withdrawn"):
        here.token(name, credentialRef={"name": WEAK}, ttl="1h")
    here.until("ApiToken", "withdrawn", lambda one: outcome(one)[1] == "SecretRefused", "says why it waits")

    beside = minted_in(world, world.beside, world.verifier)
    here.revoke("withdrawn")
    here.until_outcome("withdrawn", "Revoked", "Revoked")
    assert world.admin.request("DELETE", f"{path}/none").ok
    here.until_outcome("kept", "Active", "Issued", timeout=120)

    assert beside is not None
    assert here.read("Secret", "withdrawn-token") is None
    assert "hash" not in here.known("ApiToken", "withdrawn")["status"]


def _refused(world: World, place: Place) -> bool:
    """Whether what each policy refuses is refused; those that need another namespace's state stand for all."""
    tries = [directed(policy).play.steps[0] for policy in POLICIES]
    return all(
        not step[1].send(world.admin.as_user(person(step[0]).user), place.namespace, dry=True).ok
        for step in tries
        if isinstance(step, tuple)
    )


def _minted(here: Workspace, name: str) -> bool:
    return "hash" in here.known("ApiToken", name).get("status", {})


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    try:
        wait_until(holds, what="it", timeout=seconds)
    except ProcessError:
        return False
    return True
