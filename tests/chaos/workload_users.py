"""People around WorkloadTokens while things go wrong, and the program that reads the Secrets that they keep."""

from __future__ import annotations

import asyncio
import base64
import json
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any

from pharia_access.domain.model import ObjectKey
from pharia_access.errors import AccessError, ApiError
from pharia_access.kube import paths
from pharia_access.kube.client import Request
from tests.chaos.history import Fact, FactKind, Kept, Life
from tests.chaos.token_users import CREDENTIALS, TokenUsers
from tools.control_plane.resources import workload_token

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from tests.chaos.history import History

__all__ = ["KEPT", "REVISION", "WorkloadUsers"]

Json = dict[str, Any]

KEPT = "access.pharia.ai/workload-token"
REVISION = "access.pharia.ai/revision"
_NAMES = ("app-a", "app-b", "app-c", "app-d")
_PLURAL = "workloadtokens"
_SECONDS = 4.0


@dataclass(slots=True)
class WorkloadUsers:
    """They create, ask, edit, delete and take away, at random from a seed."""

    users: TokenUsers
    rng: random.Random
    _asked: int = 0
    _known: set[str] = field(default_factory=set)
    """Token IDs."""

    @property
    def history(self) -> History:
        """Of the run."""
        return self.users.history

    async def prepare(self) -> None:
        """One under each credential, and one more."""
        for name in _NAMES:
            await self._create(name)

    async def work(self, ended: asyncio.Event) -> None:
        """One step after the other, until it is over."""
        while not ended.is_set():
            await self._step()
            await asyncio.sleep(self.rng.uniform(0.1, 0.6))

    async def read(self, ended: asyncio.Event) -> None:
        """Read every Secret that is kept, as its program would, again and again."""
        while not ended.is_set():
            with suppress(ApiError):
                await self._read_all()
            await asyncio.sleep(0.2)

    async def _step(self) -> None:
        name = self.rng.choice(_NAMES)
        steps: tuple[Callable[[], Awaitable[object]], ...] = (
            *[lambda: self._create(name)] * 2,
            *[lambda: self._ask(name)] * 6,
            lambda: self._edit(name, renewBefore=self.rng.choice(("5m", "10m"))),
            lambda: self._edit(name, suspended=True),
            *[lambda: self._edit(name, suspended=False)] * 2,
            lambda: self._delete(name),
            lambda: self._delete_secret(name),
            lambda: self._end_child(name),
            lambda: self._take(name),
        )
        await self.rng.choice(steps)()

    async def _create(self, name: str) -> None:
        credential = {"name": CREDENTIALS[_NAMES.index(name) % len(CREDENTIALS)]}
        body = workload_token(self.users.namespace, name, credentialRef=credential, ttl="1h")
        await self.users.send("POST", _PLURAL, body)

    async def _ask(self, name: str) -> None:
        self._asked += 1
        await self._edit(name, rotate=f"ask {self._asked}")

    async def _edit(self, name: str, **spec: object) -> None:
        await self.users.send("PATCH", f"{_PLURAL}/{name}", {"spec": spec})

    async def _delete(self, name: str) -> None:
        """Its tokens end with it, at some moment that nobody is told."""
        found = await self._found(name)
        if found is None:
            return
        uid, sent = found["metadata"]["uid"], self.users.now()
        if await self.users.send("DELETE", f"{_PLURAL}/{name}", {"preconditions": {"uid": uid}}) is not None:
            self.history.keeper_facts[uid].append(Fact(FactKind.ENDED, sent, inf, "WorkloadToken deleted"))

    async def _end_child(self, name: str) -> None:
        """Revoke or delete the token in the Secret, or the one that is being made."""
        child = await self._child(name, self.rng.choice(("current", "pending")))
        patch = self.rng.choice(({"revoked": True}, None))
        if child:
            await self.users.change("apitokens", child, FactKind.ENDED, "ended", patch=patch)

    async def _take(self, name: str) -> None:
        """Take away the one-time Secret that the operator is about to read."""
        child = await self._child(name, "pending")
        if child:
            await self._delete_secret(f"{child}-token")

    async def _child(self, name: str, which: str) -> str:
        found = await self._found(name)
        listed = {} if found is None else found.get("status", {}).get(which)
        return str((listed or {}).get("name", ""))

    async def _delete_secret(self, name: str) -> None:
        path, sent = paths.of_secret(self.users.namespace, name), self.users.now()
        try:
            await self.users.connection.send(Request("DELETE", path, _SECONDS))
        except AccessError as error:
            self.history.note(sent, f"DELETE Secret {name}: {type(error).__name__}")
            return
        self.history.note(sent, f"DELETE Secret {name}: done")

    async def _found(self, name: str) -> Json | None:
        try:
            return await self.users.read(paths.of_object(_PLURAL, ObjectKey(self.users.namespace, name)))
        except ApiError:
            return None

    async def _read_all(self) -> None:
        query = {"fieldSelector": f"type={KEPT}"}
        request = Request("GET", paths.of_secret(self.users.namespace), _SECONDS, query=query)
        for secret in json.loads(await self.users.connection.send(request))["items"]:
            await self._read(secret)

    async def _read(self, secret: Json) -> None:
        text = base64.b64decode(secret["data"]["token"]).decode()
        metadata, token_id = secret["metadata"], text.split("_")[1]
        keeper = metadata["ownerReferences"][0]["uid"]
        self.history.kept[Kept(keeper, metadata["uid"], int(metadata["annotations"][REVISION]), token_id)] = None
        if token_id not in self._known:
            await self._begin(text, token_id, keeper)

    async def _begin(self, text: str, token_id: str, keeper: str) -> None:
        """Have verifiers asked about it from now on. Without its token nobody knows what becomes of it."""
        listing = await self.users.read(paths.of_kind("apitokens", self.users.namespace))
        tokens = (token for token in listing["items"] if token.get("status", {}).get("tokenID") == token_id)
        if (token := next(tokens, None)) is None:
            return
        self._known.add(token_id)
        uid, history = token["metadata"]["uid"], self.history
        history.token_ids[uid].add(token_id)
        life = Life(
            name=token["metadata"]["name"],
            uid=uid,
            text=text,
            born=self.users.now(),
            facts=history.facts[uid],
            credential_facts=history.facts[token["status"]["credential"]["uid"]],
            keeper_facts=history.keeper_facts[keeper],
        )
        history.lives.append(life)
