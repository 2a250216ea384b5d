"""Fills a cluster with tokens as they are long after their mint, each with a secret that a verifier accepts.

They are put there as the operator, which must not run meanwhile: it would mint them first.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from uuid import uuid4

from bench.client import Channel, Server
from bench.tokens import GROUP, NAMESPACE, TOKENS, Json
from pharia_access.domain.keyring import Keyring
from tools.control_plane.api import MERGE, OPERATOR
from tools.control_plane.etcd import ask_etcd
from tools.control_plane.resources import api_credential, api_role, api_token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from bench.bench_cluster import BenchCluster
    from pharia_access.domain.token import TokenText
    from tools.control_plane.plane import ControlPlane

__all__ = [
    "CREDENTIALS",
    "Holder",
    "Planned",
    "by_all",
    "fill",
    "put_credentials",
    "put_role",
    "put_tokens",
    "read_keyring",
]

CREDENTIALS = f"{GROUP}/namespaces/{NAMESPACE}/apicredentials"

_CHANNELS = 16
_BY_REQUEST = 2000
_AT_A_TIME = 100
"""etcd takes 128 operations in a transaction."""
_KEYS = f"/registry/access.pharia.ai/apitokens/{NAMESPACE}/"
_KEYRING = "/api/v1/namespaces/pharia-access-system/secrets/pharia-access-keyring"


@dataclass(frozen=True, slots=True)
class Holder:
    """A credential, by name and UID."""

    name: str
    uid: str

    @classmethod
    def of(cls, token: Json) -> Holder:
        """That of a token which was minted."""
        return cls(**token["status"]["credential"])


@dataclass(frozen=True, slots=True)
class Planned:
    """A token that is to be there."""

    name: str
    text: TokenText
    holder: Holder


async def read_keyring(server: Server) -> Keyring:
    """The operator's keys."""
    channel = await Channel.open(server)
    secret = json.loads(await channel.send("GET", _KEYRING))
    channel.close()
    return Keyring.parse({name: base64.b64decode(value) for name, value in secret["data"].items()})


async def put_role(server: Server, name: str) -> None:
    """A role of the catalog."""
    channel = await Channel.open(server)
    await channel.send("POST", f"{GROUP}/apiroles", json.dumps(api_role(name)).encode())
    channel.close()


async def put_credentials(server: Server, names: Iterable[str], roles: list[str]) -> list[Holder]:
    """Credentials that hold these roles, in no particular order."""
    remaining, made = iter(names), []

    async def put(channel: Channel) -> None:
        for name in remaining:
            body = json.dumps(api_credential(NAMESPACE, name, roles=roles)).encode()
            made.append(Holder(name, json.loads(await channel.send("POST", CREDENTIALS, body))["metadata"]["uid"]))

    await by_all(server, put)
    return made


async def fill(cluster: BenchCluster, template: Json, keyring: Keyring, tokens: Iterable[Planned]) -> float:
    """Tokens like `template`, but for what is their own; how many a second were put there by requests.

    The first ones are created as anybody would. The others go into etcd as the API server wrote those, in a tenth of
    the time: nobody can tell them apart.
    """
    remaining = iter(tokens)
    first = list(islice(remaining, _BY_REQUEST))
    began = time.monotonic()
    await put_tokens(cluster.server, template, keyring, first)
    rate = len(first) / (time.monotonic() - began)
    _put_copies(cluster.control_plane, first[0].name, keyring, remaining)
    return rate


async def put_tokens(server: Server, template: Json, keyring: Keyring, tokens: Iterable[Planned]) -> None:
    """Tokens like `template`, each by two requests."""
    remaining = iter(tokens)

    async def put(channel: Channel) -> None:
        for planned in remaining:
            token, status = _objects(template, planned, keyring)
            await channel.send("POST", TOKENS, json.dumps(token).encode())
            patch = json.dumps({"status": status}).encode()
            await channel.send("PATCH", f"{TOKENS}/{planned.name}/status", patch, form=MERGE, user=OPERATOR)

    await by_all(server, put)


def _objects(template: Json, planned: Planned, keyring: Keyring) -> tuple[Json, Json]:
    """A token and its status, which is just what the operator would have written."""
    holder, key = planned.holder, keyring.current
    token = api_token(NAMESPACE, planned.name, **template["spec"] | {"credentialRef": {"name": holder.name}})
    status = template["status"] | {
        "tokenID": planned.text.token_id,
        "mac": {"keyID": key.key_id, "keyFingerprint": key.fingerprint, "value": key.digest(planned.text)},
        "credential": {"name": holder.name, "uid": holder.uid},
        "delivery": template["status"]["delivery"] | {"secretName": f"{planned.name}-token"},
    }
    return token, status


def _put_copies(control_plane: ControlPlane, original: str, keyring: Keyring, tokens: Iterable[Planned]) -> None:
    """Tokens as etcd holds the one of that name."""
    answer = ask_etcd(control_plane, "/v3/kv/range", {"key": _base64(_KEYS + original)})
    stored: Json = json.loads(base64.b64decode(answer["kvs"][0]["value"]))
    remaining = iter(tokens)
    while some := list(islice(remaining, _AT_A_TIME)):
        copies = ((planned.name, _copy(stored, planned, keyring)) for planned in some)
        puts = [
            {"requestPut": {"key": _base64(_KEYS + name), "value": _base64(_compact(copy))}} for name, copy in copies
        ]
        ask_etcd(control_plane, "/v3/kv/txn", {"success": puts})


def _copy(stored: Json, planned: Planned, keyring: Keyring) -> Json:
    token, status = _objects(stored, planned, keyring)
    metadata = stored["metadata"] | token["metadata"] | {"uid": str(uuid4())}
    return stored | {"metadata": metadata, "spec": token["spec"], "status": status}


def _compact(body: Json) -> str:
    return json.dumps(body, separators=(",", ":"))


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def by_all(server: Server, work: Callable[[Channel], Awaitable[None]]) -> None:
    """The same work on several connections at a time."""

    async def connect_and_work() -> None:
        channel = await Channel.open(server)
        try:
            await work(channel)
        finally:
            channel.close()

    async with asyncio.TaskGroup() as workers:
        for _ in range(_CHANNELS):
            workers.create_task(connect_and_work())
