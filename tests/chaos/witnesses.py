"""Who looks on: one asks a verifier about every known token, all the time; one watches what becomes of each object."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import aclosing
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pharia_access.errors import ApiError
from pharia_access.kube import paths
from pharia_access.kube.client import Connection, Request
from tests.chaos.history import LATE, Answer, History, Life
from tools.control_plane.verifiers import RunningVerifier

if TYPE_CHECKING:
    from tests.chaos.chaos_cluster import Replica

__all__ = ["ask", "watch"]

_SECONDS = 2.0
_PAUSE = 0.005
_CHECK = "GET /auth/nginx HTTP/1.1\r\nHost: v\r\nConnection: close\r\nAuthorization: Bearer {text}\r\n\r\n"
_READY = "GET /readyz HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n"


async def ask(verifier: Replica, history: History, ended: asyncio.Event) -> None:
    """Ask one verifier about each token in turn, until it is over."""
    while not ended.is_set():
        for life in list(history.lives):
            await _ask(verifier, life, history)
            await asyncio.sleep(_PAUSE)
        await asyncio.sleep(_PAUSE)


async def watch(connection: Connection, namespace: str, history: History, ended: asyncio.Event) -> None:
    """Note every token ID that any object's status ever shows."""
    path = paths.of_kind("apitokens", namespace)
    while not ended.is_set():
        try:
            listing = json.loads(await connection.send(Request("GET", path, _SECONDS)))
            for token in listing["items"]:
                _note(history, token)
            await _follow(connection, path, listing["metadata"]["resourceVersion"], history)
        except ApiError:
            await asyncio.sleep(0.2)


async def _follow(connection: Connection, path: str, version: str, history: History) -> None:
    query = {"watch": "1", "resourceVersion": version, "timeoutSeconds": "5"}
    async with (
        connection.stream(Request("GET", path, _SECONDS, query=query), silence_seconds=10) as stream,
        aclosing(stream.lines()) as lines,
    ):
        async for line in lines:
            event = json.loads(line)
            if event["type"] == "ERROR":
                return
            _note(history, event["object"])


def _note(history: History, token: dict[str, Any]) -> None:
    metadata = token["metadata"]
    history.note_seen(metadata["uid"], time.monotonic())
    for owner in metadata.get("ownerReferences", ()):
        if owner["kind"] == "WorkloadToken" and owner.get("controller"):
            history.children[owner["uid"], metadata["name"]].add(metadata["uid"])
    token_id = token.get("status", {}).get("tokenID")
    if token_id is not None:
        history.token_ids[metadata["uid"]].add(token_id)


async def _ask(verifier: Replica, life: Life, history: History) -> None:
    running = verifier.running
    if not isinstance(running, RunningVerifier):
        return
    asked = time.monotonic()
    status = await _status(running.port, _CHECK.format(text=life.text))
    answered = time.monotonic()
    life.answers.append(Answer(verifier.name, asked, answered, status))
    if answered - asked > LATE:
        history.note_late(verifier.name, asked, answered, f"{verifier.name} answered late")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        await _ask_between_probes(running, verifier.name, life)


async def _ask_between_probes(running: RunningVerifier, name: str, life: Life) -> None:
    """It did not decide. May it? It is asked again, and before and after whether it is ready."""
    before = await _status(running.health_port, _READY)
    asked = time.monotonic()
    status = await _status(running.port, _CHECK.format(text=life.text))
    answered = time.monotonic()
    after = await _status(running.health_port, _READY)
    life.answers.append(Answer(name, asked, answered, status, ready=before == after == HTTPStatus.OK))


async def _status(port: int, request: str) -> int:
    """The status of an answer; 0 where none came in time."""
    writer = None
    try:
        async with asyncio.timeout(_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request.encode())
            line = await reader.readline()
    except OSError:
        return 0
    finally:
        if writer is not None:
            writer.close()
    return int(line.split()[1]) if line else 0
