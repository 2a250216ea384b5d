"""People at work on the API server while things go wrong: what they do, and what they know of its outcome."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any

from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import format_time
from pharia_access.domain.workload import WORKLOAD_LABEL
from pharia_access.errors import AccessError, ApiError, UnavailableError
from pharia_access.kube import paths
from pharia_access.kube.client import MERGE_PATCH, Connection, Request
from pharia_access.kube.http import JSON
from tests.chaos.history import Fact, FactKind, History, Life
from tools.control_plane.resources import api_credential, api_token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["TokenUsers"]

Json = dict[str, Any]

CREDENTIALS = ("alpha", "beta", "gamma")
TOKENS = tuple(f"t{number}" for number in range(24))
_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class _Expiry:
    """An end that is to be set, on the run's clock and as text."""

    at: float
    text: str


@dataclass(slots=True)
class TokenUsers:
    """They create, collect, edit and delete, at random from a seed.

    Attributes:
        short_windows: whether half of the tokens have the shortest delivery window, a minute.
    """

    connection: Connection
    namespace: str
    history: History
    rng: random.Random
    short_windows: bool = False
    now: Callable[[], float] = time.monotonic
    _known: set[str] = field(default_factory=set)

    async def prepare(self) -> None:
        """Credentials, and some tokens under each."""
        for name in CREDENTIALS:
            await self.send("POST", "apicredentials", api_credential(self.namespace, name))
        for number, token in enumerate(TOKENS[: 4 * len(CREDENTIALS)]):
            await self._create(token, CREDENTIALS[number % len(CREDENTIALS)])

    async def work(self, ended: asyncio.Event) -> None:
        """One step after the other, until it is over."""
        while not ended.is_set():
            await self._step()
            await asyncio.sleep(self.rng.uniform(0.02, 0.3))

    async def collect(self, ended: asyncio.Event) -> None:
        """Read every secret that is there to be read, as its reader would; mostly delete it then."""
        while not ended.is_set():
            await self._collect_all()
            await asyncio.sleep(0.3)

    async def _step(self) -> None:
        token, credential = self.rng.choice(TOKENS), self.rng.choice(CREDENTIALS)
        steps: tuple[Callable[[], Awaitable[None]], ...] = (
            *[lambda: self._create(token, credential)] * 6,
            lambda: self._revoke(token),
            lambda: self._bring_forward(token),
            *[lambda: self._delete_token(token)] * 2,
            lambda: self._suspend(credential),
            *[lambda: self._resume(credential)] * 2,
            lambda: self._edit(credential),
            lambda: self._replace(credential),
        )
        await self.rng.choice(steps)()

    async def _create(self, token: str, credential: str) -> None:
        delivery = {"delivery": {"window": "1m"}} if self.short_windows and self.rng.random() < 0.5 else {}
        body = api_token(self.namespace, token, credentialRef={"name": credential}, ttl="1h", **delivery)
        await self.send("POST", "apitokens", body)

    async def _revoke(self, token: str) -> None:
        await self.change("apitokens", token, FactKind.ENDED, "revoked", patch={"revoked": True})

    async def _delete_token(self, token: str) -> None:
        await self.change("apitokens", token, FactKind.ENDED, "deleted")

    async def _bring_forward(self, token: str) -> None:
        moment = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=self.rng.randrange(2, 6))
        ends_at = self.now() + (moment - datetime.now(UTC)).total_seconds()
        expiry = _Expiry(ends_at, format_time(moment))
        await self.change("apitokens", token, FactKind.EXPIRED, "brought forward", expiry=expiry)

    async def _suspend(self, credential: str) -> None:
        await self.change("apicredentials", credential, FactKind.HELD, "suspended", patch={"suspended": True})

    async def _resume(self, credential: str) -> None:
        await self.change("apicredentials", credential, FactKind.RELEASED, "resumed", patch={"suspended": False})

    async def _edit(self, credential: str) -> None:
        patch = {"spec": {"description": str(self.rng.random())}}
        await self.send("PATCH", f"apicredentials/{credential}", patch)

    async def _replace(self, credential: str) -> None:
        """Delete it, which ends all its tokens, and make another of its name."""
        await self.change("apicredentials", credential, FactKind.ENDED, "credential deleted")
        await self.send("POST", "apicredentials", api_credential(self.namespace, credential))

    async def change(
        self,
        plural: str,
        name: str,
        kind: FactKind,
        was: str,
        *,
        patch: Json | None = None,
        expiry: _Expiry | None = None,
    ) -> None:
        """Change that very object: another one of its name has another UID, and facts of its own."""
        try:
            uid = (await self.read(paths.of_object(plural, ObjectKey(self.namespace, name))))["metadata"]["uid"]
        except ApiError:
            return
        spec = {"expiresAt": expiry.text} if expiry else patch
        only = {"preconditions": {"uid": uid}} if spec is None else {"metadata": {"uid": uid}, "spec": spec}
        sent = self.now()
        done = await self.send("DELETE" if spec is None else "PATCH", f"{plural}/{name}", only)
        if done is None:
            return
        ends_at = None if expiry is None else expiry.at
        self.history.facts[uid].append(Fact(kind, sent, done, was, ends_at))

    async def _collect_all(self) -> None:
        try:
            listing = await self.read(paths.of_kind("apitokens", self.namespace))
        except ApiError:
            return
        for token in listing["items"]:
            await self._collect(token)

    async def _collect(self, token: Json) -> None:
        metadata, status = token["metadata"], token.get("status", {})
        ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", ()))
        if not ready or status.get("phase") != "Active" or metadata["uid"] in self._known:
            return
        if WORKLOAD_LABEL in metadata.get("labels", {}):
            return  # its reader is the operator
        try:
            secret = await self.read(paths.of_secret(self.namespace, status["delivery"]["secretName"]))
        except ApiError:
            return
        data = {name: base64.b64decode(value).decode() for name, value in secret["data"].items()}
        if data["tokenUID"] != metadata["uid"]:
            return  # deleted and made anew meanwhile
        life = Life(
            name=metadata["name"],
            uid=metadata["uid"],
            text=data["token"],
            born=self.now(),
            facts=self.history.facts[metadata["uid"]],
            credential_facts=self.history.facts[status["credential"]["uid"]],
        )
        self.history.token_ids[life.uid].add(data["tokenID"])  # a second one, if the status says another
        self._known.add(life.uid)
        self.history.lives.append(life)
        if self.rng.random() < 0.7:
            await self._delete_secret(secret)

    async def _delete_secret(self, secret: Json) -> None:
        path = paths.of_secret(self.namespace, secret["metadata"]["name"])
        options = {"preconditions": {"uid": secret["metadata"]["uid"]}}
        try:
            await self.connection.send(Request("DELETE", path, _SECONDS, options))
        except AccessError:
            return

    async def read(self, path: str) -> Json:
        """What is there. Raises ApiError."""
        body: Json = json.loads(await self.connection.send(Request("GET", path, _SECONDS)))
        return body

    async def send(self, method: str, what: str, body: Json | None) -> float | None:
        """When its answer came; None where the API server refused, infinity where nobody knows."""
        plural, _, name = what.partition("/")
        path = (
            paths.of_object(plural, ObjectKey(self.namespace, name)) if name else paths.of_kind(plural, self.namespace)
        )
        form = MERGE_PATCH if method == "PATCH" else JSON
        sent = self.now()
        try:
            answer = await self.connection.send(Request(method, path, _SECONDS, body, form))
        except UnavailableError:
            self.history.note(sent, f"{method} {what}: no answer")
            return inf
        except ApiError as error:
            self.history.note(sent, f"{method} {what}: {type(error).__name__}")
            return None
        self.history.note(sent, f"{method} {what}: done")
        if what == "apitokens":
            self.history.note_made(json.loads(answer)["metadata"]["uid"], self.now())
        return self.now()
