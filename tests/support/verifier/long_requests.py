"""A token with many permissions, and requests about them that take long."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.permissions import Permission, Role
from pharia_access.entrypoints.verifier.app import VerifierApp
from pharia_access.entrypoints.verifier.endpoints import Protocols
from pharia_access.entrypoints.verifier.long_work import LongRequest
from tests.support.verifier.memory_transport import MemoryTransport, request, settle
from tests.support.verifier.verifier_server import Reply, VerifierServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from pharia_access.domain.token import TokenText

__all__ = ["after_the_last_piece", "answered", "asked", "revoke", "rich"]
FORM_TYPE = "content-type: application/x-www-form-urlencoded"


def revoke(server: VerifierServer, token: TokenText) -> None:
    found = server.index.find(token.token_id)
    assert found is not None
    server.index.put_token(replace(found, revoked=True))


def rich(server: VerifierServer) -> TokenText:
    """A token of a credential that holds 16 roles of 128 permissions of one name, and may introspect."""
    names = tuple(f"wide-{number}" for number in range(16))
    for number, name in enumerate(names):
        models = range(128 * number, 128 * number + 128)
        held = tuple(Permission.of("AccessModel", model=f"m{model}") for model in models)
        server.index.put_role(Role(name, frozenset({"*"}), (*held, Permission.of("IntrospectTokens"))))
    return server.issue("rich", roles=names)


def asked(method: str, target: str, body: bytes, token: TokenText) -> bytes:
    length = (f"content-length: {len(body)}", FORM_TYPE) if body else ()
    return request(token, target, *length).replace(b"GET", method.encode(), 1) + body


def after_the_last_piece(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> list[int]:
    """What happens during each rest, and so during the last; a list as long as there were rests."""
    rests: list[int] = []
    original = LongRequest.piece

    async def piece(long: LongRequest) -> None:
        await original(long)
        happens()
        rests.append(1)

    monkeypatch.setattr(LongRequest, "piece", piece)
    return rests


async def answered(server: VerifierServer, raw: bytes, *, fast: bool = True) -> Reply:
    transport = MemoryTransport(server, fast=fast, app=VerifierApp(Protocols(server.authorizer, 65536)))
    transport.feed(raw)
    async with asyncio.timeout(10):
        while not transport.written:  # noqa: ASYNC110 - the wire tells nobody
            await asyncio.sleep(0)
        await settle()
    return Reply.read(transport.written)
