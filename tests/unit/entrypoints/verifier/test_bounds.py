"""What a client may cost: long heads, long bodies, slow senders, many connections, nonsense; and how a door closes."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.entrypoints.verifier.listener import Listener, Tls
from pharia_access.errors import SettingsError
from tests.support.verifier.verifier_server import Reply, open_verifier_server

if TYPE_CHECKING:
    from pathlib import Path

BOTH = pytest.mark.parametrize("fast", [True, False], ids=["fast path", "ASGI"])


@BOTH
async def test_a_head_that_is_too_long_is_answered_431(*, fast: bool) -> None:
    async with open_verifier_server(fast=fast, limits=Limits(head_bytes=4096)) as verifier_server:
        endless = await verifier_server.send(b"GET /auth/nginx HTTP/1.1\r\nx: " + b"y" * 5000, until_closed=True)
        whole = await verifier_server.send(
            b"GET /auth/nginx HTTP/1.1\r\nx: " + b"y" * 5000 + b"\r\n\r\n", until_closed=True
        )

    assert (Reply.read(endless).status, Reply.read(whole).status) == (431, 431)


async def test_a_long_body_behind_a_short_head_is_no_long_head() -> None:
    async with open_verifier_server(limits=Limits(head_bytes=4096)) as verifier_server:
        token = verifier_server.issue().reveal()
        reply = await verifier_server.ask("POST", "/check_user", f"authorization: Bearer {token}", body=b"x" * 6000)

    assert reply.status == 422


async def test_a_body_without_end_is_cut_off() -> None:
    async with open_verifier_server(limits=Limits(body_bytes=1024)) as verifier_server:
        head = b"POST /check_user HTTP/1.1\r\nhost: v\r\ncontent-length: 99999999\r\n\r\n"

        received = await verifier_server.send(head + b"x" * 100_000, until_closed=True)

    assert received == b"" or Reply.read(received).status in {401, 413}


@pytest.mark.parametrize(
    "nonsense",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00", id="TLS"),
        pytest.param(b"GET\r\n\r\n", id="half a request line"),
        pytest.param(b"GET /auth/nginx HTTP/1.1\r\nbroken header\r\n\r\n", id="a broken header"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
    ],
)
@BOTH
async def test_what_is_not_http_is_answered_400(nonsense: bytes, *, fast: bool) -> None:
    async with open_verifier_server(fast=fast) as verifier_server:
        reply = Reply.read(await verifier_server.send(nonsense, until_closed=True))

    assert (reply.status, reply.header("cache-control")) == (400, "no-store")


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET /auth/nginx HTT", id="half a head"),
        pytest.param(b"POST /check_user HTTP/1.1\r\ncontent-length: 10\r\n\r\n{", id="half a body"),
    ],
)
async def test_a_slow_sender_is_cut(sent: bytes) -> None:
    async with open_verifier_server(limits=Limits(request_seconds=0.1)) as verifier_server:
        await verifier_server.send(sent, until_closed=True)  # ends, because the door ends it


async def test_an_idle_connection_has_its_time_and_no_more() -> None:
    async with open_verifier_server(limits=Limits(idle_seconds=0.1)) as verifier_server:
        token = verifier_server.issue().reveal()
        request = f"GET /auth/nginx HTTP/1.1\r\nhost: v\r\nauthorization: Bearer {token}\r\n\r\n"

        received = await verifier_server.send(request.encode(), until_closed=True)

    assert Reply.read(received).status == 200


async def test_an_upgrade_is_no_way_around() -> None:
    async with open_verifier_server() as verifier_server:
        token = verifier_server.issue().reveal()
        lines = ("connection: Upgrade", "upgrade: websocket", f"authorization: Bearer {token}")

        assert (await verifier_server.ask("GET", "/auth/nginx?role=admin", *lines)).status == 403


async def test_a_request_is_finished_while_the_door_closes() -> None:
    async with open_verifier_server() as verifier_server:
        token = verifier_server.issue().reveal()
        reader, writer = await asyncio.open_connection("127.0.0.1", verifier_server.port)
        writer.write(b"POST /check_user HTTP/1.1\r\nhost: v\r\nauthorization: Bearer " + token.encode())
        writer.write(b"\r\ncontent-length: 18\r\n\r\n")
        await asyncio.sleep(0.05)
        closing = asyncio.create_task(_later(writer, b'{"permissions":[]}'))
    async with asyncio.timeout(5):
        received = await reader.read()
        await closing
    writer.close()

    assert Reply.read(received).status == 200


async def _later(writer: asyncio.StreamWriter, rest: bytes) -> None:
    await asyncio.sleep(0.1)
    writer.write(rest)
    await writer.drain()


async def test_an_address_that_is_taken_is_told() -> None:
    async with open_verifier_server() as verifier_server:
        listener = Listener(_app, Limits())

        with pytest.raises(
            SettingsError, match=f"cannot listen on 127.0.0.1 port {verifier_server.port}: Address already in use"
        ):
            await listener.start("127.0.0.1", verifier_server.port)
    assert listener.port == 0
    await listener.stop(0)
    await listener.renew_tls()


async def test_a_listener_speaks_ipv6() -> None:
    listener = Listener(_app, Limits())
    await listener.start("::1", 0)
    assert listener.port > 0
    await listener.stop(0)


async def _app(scope: object, receive: object, send: object) -> None: ...


def pem(folder: Path, authority: trustme.CA, name: str = "server") -> Tls:
    leaf = authority.issue_cert("127.0.0.1", common_name=name)
    (folder / "tls.crt").write_bytes(leaf.cert_chain_pems[0].bytes())
    (folder / "tls.key").write_bytes(leaf.private_key_pem.bytes())
    return Tls(folder / "tls.crt", folder / "tls.key")


async def certificate_of(port: int, context: ssl.SSLContext) -> bytes:
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    shown: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return shown


async def test_a_certificate_that_changed_is_shown_to_new_connections(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context()
    authority.configure_trust(context)
    listener = Listener(_app, Limits(), tls=pem(tmp_path, authority))
    await listener.start("127.0.0.1", 0)
    first = await certificate_of(listener.port, context)

    pem(tmp_path, authority)
    await listener.renew_tls()
    second = await certificate_of(listener.port, context)
    (tmp_path / "tls.crt").write_text("broken")
    with pytest.raises(SettingsError, match=r"the TLS files cannot be used .*tls\.crt"):
        await listener.renew_tls()
    third = await certificate_of(listener.port, context)
    await listener.stop(1)

    assert first != second
    assert second == third


async def test_where_a_client_certificate_is_wanted_nobody_comes_in_without_one(tmp_path: Path) -> None:
    authority = trustme.CA()
    ours, theirs = ssl.create_default_context(), ssl.create_default_context()
    for context in (ours, theirs):
        authority.configure_trust(context)
    authority.issue_cert("client", common_name="api-server").configure_cert(ours)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.crt"))
    server = pem(tmp_path, authority)
    tls = Tls(server.certificate, server.key, tmp_path / "ca.crt")

    async with open_verifier_server(tls=tls, audiences=[]) as verifier_server:
        assert len(tls.files) == 3
        assert await _status(verifier_server.port, ours) == b"HTTP/1.1 400"
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await _status(verifier_server.port, theirs)


async def _status(port: int, context: ssl.SSLContext) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        writer.write(b"POST /tokenreview HTTP/1.1\r\nhost: v\r\ncontent-length: 2\r\n\r\n{}")
        answer = await reader.read(12)
        if not answer:
            raise ConnectionResetError
        return answer
    finally:
        writer.close()
