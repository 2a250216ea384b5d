"""The same behind TLS: bodies are bodies, and who does not shake hands is cut off."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.entrypoints.verifier.listener import Tls
from tests.support.verifier.memory_transport import read_replies
from tests.support.verifier.messages import SMUGGLED, filled, message
from tests.support.verifier.verifier_server import open_verifier_server

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    Run = Callable[[Coroutine[Any, Any, Any]], Any]

PATIENT = 10.0


@pytest.fixture
def authority() -> trustme.CA:
    """Who signs the verifier's certificate."""
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA, tmp_path: Path) -> Tls:
    """The verifier's files."""
    leaf = authority.issue_cert("127.0.0.1")
    (tmp_path / "tls.crt").write_bytes(leaf.cert_chain_pems[0].bytes())
    (tmp_path / "tls.key").write_bytes(leaf.private_key_pem.bytes())
    return Tls(tmp_path / "tls.crt", tmp_path / "tls.key")


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00\x01\x00"], ids=["nothing", "half a hello"])
def test_who_does_not_shake_hands_has_the_time_of_a_request(run: Run, tls: Tls, said: bytes) -> None:
    async def main() -> bytes:
        async with open_verifier_server(tls=tls, limits=Limits(request_seconds=0.3)) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(said)
            async with asyncio.timeout(5):
                received = await reader.read()
            writer.close()
            return received

    assert run(main()) == b""


def test_behind_tls_and_at_the_port_of_token_reviews_bodies_are_bodies_too(
    run: Run, authority: trustme.CA, tls: Tls
) -> None:
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    async def main() -> list[int]:
        statuses: list[int] = []
        for audiences, path in ((None, "/auth/forward"), ([], "/tokenreview")):
            async with open_verifier_server(tls=tls, audiences=audiences) as server:
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=trusting)
                offered = message(f"POST {path}", "Connection: upgrade", "Upgrade: x", body=SMUGGLED)
                writer.write(filled(offered + offered + "nonsense\r\n\r\n", server))
                async with asyncio.timeout(PATIENT):
                    received = await reader.read()
                writer.close()
                statuses += [reply.status for reply in read_replies(received)]
        return statuses

    assert run(main()) == [401, 401, 400, 400]
