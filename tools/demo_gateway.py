"""Where the demo's requests come in: nginx before a service, and the verifier that it asks."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from tools.control_plane.verifiers import RunningVerifier, start_verifier, write_keyring
from tools.debian_programs import MissingProgramError, find_program
from tools.demo_runner import DemoRunner, StoryError
from tools.gateways import real_gateways

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

__all__ = ["DemoGateway", "ask", "open_demo_gateway", "straight"]

_AT_ONCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class DemoGateway:
    """Where requests come in: status, and what there is to show of the answer."""

    url: str
    ask: Callable[[str], tuple[int, list[str]]]


@contextmanager
def open_demo_gateway(story: DemoRunner, control_plane: ControlPlane, root: Path) -> Iterator[DemoGateway]:
    """A verifier, and nginx before it with a service behind; where no nginx can be had, the verifier alone."""
    story.say(
        "The verifier answers whether a token is good now, for gateways and services. It reads; it has no Secret."
    )
    write_keyring(control_plane, root / "verifier" / "keyring")
    story.show("pharia-access verifier &")
    verifier = start_verifier(control_plane, root / "verifier")
    try:
        verifier.wait_until_ready()
        story.checked("the verifier is ready")
        with _nginx(story, verifier, root / "nginx") as demo_gateway:
            yield demo_gateway
    finally:
        verifier.process.stop()


@contextmanager
def _nginx(story: DemoRunner, verifier: RunningVerifier, root: Path) -> Iterator[DemoGateway]:
    try:
        find_program("nginx")
    except MissingProgramError as error:
        story.say(f"The verifier is asked directly, since {error}.")
        yield straight(verifier)
        return
    story.say("nginx stands before a service and asks the verifier, set up by examples/gateways/nginx.conf.")
    with real_gateways.nginx(root, f"127.0.0.1:{verifier.port}") as gateway:
        story.checked("nginx is ready")
        yield DemoGateway(f"http://127.0.0.1:{gateway.port}/reports", partial(_through, gateway))


def straight(verifier: RunningVerifier) -> DemoGateway:
    """The verifier alone."""
    return DemoGateway(f"{verifier.url}/auth/nginx?role=studio-user", partial(_direct, verifier))


def _direct(verifier: RunningVerifier, text: str) -> tuple[int, list[str]]:
    answer = verifier.ask("/auth/nginx?role=studio-user", text)
    return answer.status, [f"{name}: {value}" for name, value in answer.headers.items() if name.startswith("x-auth-")]


def _through(gateway: real_gateways.Gateway, text: str) -> tuple[int, list[str]]:
    passage = gateway.ask(("Authorization", f"Bearer {text}"))
    if passage.seen is None:
        return passage.status, []
    seen = [f"{name}: {value}" for name, value in passage.seen.items() if name.startswith("x-auth-")]
    return passage.status, ["(the service behind sees)", *seen]


def ask(story: DemoRunner, demo_gateway: DemoGateway, text: str, *, expect: int, shown: str = "$TOKEN") -> None:
    """Ask until the answer is the expected one, ten seconds at most; it is the first, but for the machine's haste.

    `shown`: what stands for the token on screen.
    """
    story.show(f'curl -i -H "Authorization: Bearer {shown}" "{demo_gateway.url}"')
    began = time.monotonic()
    status, lines = demo_gateway.ask(text)
    while status != expect and time.monotonic() - began < _AT_ONCE_SECONDS:
        status, lines = demo_gateway.ask(text)
    if status != expect:
        message = f"the answer should have been {expect}, and was {status}"
        raise StoryError(message)
    story.said("\n".join([f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *lines]))
