"""A verifier's door where an administrator lists headers, by memory: for both ways into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pharia_access.domain.permissions import Permission, Role
from pharia_access.domain.verification.token_headers import TokenHeader
from pharia_access.entrypoints.verifier.app import VerifierApp
from pharia_access.entrypoints.verifier.busy_poll import BusyPoll
from pharia_access.entrypoints.verifier.check_headers import CheckHeaders
from pharia_access.entrypoints.verifier.endpoints import Protocols
from pharia_access.entrypoints.verifier.header_answers import HeaderAnswers
from tests.support.verifier.memory_transport import MemoryTransport
from tests.support.verifier.verifier_server import VerifierServer

if TYPE_CHECKING:
    from collections.abc import Collection

    from pharia_access.services.verifier.client_word import ClientWord

__all__ = ["ALL", "FOR_MODEL", "MODEL_HEADER", "connected", "head", "model_server"]

ALL = tuple(TokenHeader)
MODEL_HEADER = "x-ai-eg-model"
FOR_MODEL = f"/auth/envoy/permission=AccessModel;model=@{MODEL_HEADER}/-/v1/chat/completions"


def connected(
    server: VerifierServer,
    tokens: Collection[TokenHeader] = ALL,
    requirements: Collection[str] = (MODEL_HEADER,),
    *,
    fast: bool,
    word: ClientWord | None = None,
) -> MemoryTransport:
    """A connection to a door that reads these headers."""
    headers = CheckHeaders(tokens, requirements)
    early = HeaderAnswers(server.authorizer, BusyPoll(0, now=lambda: 0.0), headers=headers, client_word=word)
    app = VerifierApp(Protocols(server.authorizer, 65536), client_word=word, headers=headers)
    return MemoryTransport(server, fast=fast, app=app, early=early)


def model_server() -> VerifierServer:
    """One with roles for one model and for all."""
    server = VerifierServer()
    server.index.put_role(Role("foo-user", frozenset({"*"}), (Permission.of("AccessModel", model="foo"),)))
    return server


def head(target: str, *lines: bytes, method: str = "GET") -> bytes:
    """A request with these lines."""
    return b"\r\n".join([f"{method} {target} HTTP/1.1".encode(), b"Host: v", *lines, b"", b""])
