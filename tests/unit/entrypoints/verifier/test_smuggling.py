"""A body is never a request, whatever announces it and however it is cut, where answers do not wait for it either.

`test_differential.py` is about streams of all kinds, beside another parser, and an application that waits.
"""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.verifier.both_ways import BOTH
from tests.support.verifier.memory_transport import MemoryTransport
from tests.support.verifier.messages import AUTH, SMUGGLED, filled
from tests.support.verifier.reference_reading import reference_heads
from tests.support.verifier.verifier_server import VerifierServer

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""


PATHS = ("/auth/forward", "/auth/nginx", "/auth/envoy/any/-", "/check_user", "/oauth2/introspect", "/whoami", "/other")
LENGTH = f"Content-Length: {len(SMUGGLED)}"
ANNOUNCED = {
    "a length": LENGTH,
    "chunks": "Transfer-Encoding: chunked",
    "an offer and a length": f"Connection: Upgrade\r\nUpgrade: x\r\n{LENGTH}",
    "an offer of HTTP/2": f"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n{LENGTH}",
    "an offer and chunks": "Transfer-Encoding: chunked\r\nUpgrade: x\r\nConnection: Upgrade",
    "two offers": f"Upgrade: x\r\nUpgrade: y\r\nConnection: upgrade, upgrade\r\n{LENGTH}",
    "an expectation": f"Expect: 100-continue\r\n{LENGTH}",
    "an unknown expectation": f"Expect: 200-ok\r\n{LENGTH}",
    "an offer and an expectation": f"Connection: upgrade\r\nUpgrade: x\r\nExpect: 100-continue\r\n{LENGTH}",
    "an unknown coding": "Transfer-Encoding: gzip, chunked",
    "no known coding": "Transfer-Encoding: gzip",
    "both": f"Transfer-Encoding: chunked\r\n{LENGTH}",
    "two lengths": f"Content-Length: 0\r\n{LENGTH}",
    "an end": "Connection: close",
}


@BOTH
@pytest.mark.parametrize("method", ["POST", "GET", "CONNECT"])
@pytest.mark.parametrize("announced", ANNOUNCED.values(), ids=ANNOUNCED.keys())
async def test_a_request_without_a_token_gets_nothing_by_the_token_in_its_body(
    announced: str, method: str, *, fast: bool
) -> None:
    server = VerifierServer()
    is_chunked = "chunked" in announced and "Content-Length" not in announced
    body = f"{len(SMUGGLED):x}\r\n{SMUGGLED}\r\n0\r\n\r\n" if is_chunked else SMUGGLED
    for path in PATHS:
        head = filled(f"{method} {path} HTTP/1.1\r\nHost: v\r\n{announced}\r\n\r\n", server)
        rest = filled(body, server)
        for packets in ([head + rest], [head, rest], [bytes([byte]) for byte in head + rest]):
            transport = MemoryTransport(server, fast=fast)
            await transport.talk(packets)
            final = [status for status in transport.statuses() if status != 100]
            assert len(final) <= 1, (path, final)
            assert 200 not in final, path

    assert "ok" not in {said for _, said in server.journal.decided_}


HEADERS = st.sampled_from(
    [
        AUTH,
        "Upgrade: x",
        "Upgrade: h2c, y",
        "Connection: upgrade",
        "Connection: keep-alive, Upgrade",
        "Connection: close",
        "Expect: 100-continue",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Content-Length: 0",
        "Content-Length: 5",
        "Content-Length: 40",
        f"Content-Length: {len(SMUGGLED)}",
        f"Content-Length: {len(SMUGGLED) + 4}",
        "X: y",
    ]
)
BODIES = st.lists(
    st.sampled_from(
        [
            SMUGGLED,
            SMUGGLED[:40],
            "\r\n",
            "\r\n\r\n",
            "0\r\n\r\n",
            "5\r\nabcde\r\n",
            f"{len(SMUGGLED):x}\r\n{SMUGGLED}\r\n",
            "5;x=y\r\nGET /\r\n",
            "x: y\r\n",
            "abcde",
        ]
    ),
    max_size=4,
).map("".join)
LINES = st.sampled_from(
    [
        f"{method} {path} HTTP/{version}"
        for method in ("GET", "POST")
        for path in PATHS
        for version in ("1.1", "1.1", "1.0")
    ]
)


def written(line: str, headers: list[str], body: str) -> str:
    return "\r\n".join([line, "Host: v", *headers, "", body])


STREAMS = st.lists(st.builds(written, LINES, st.lists(HEADERS, max_size=4), BODIES), min_size=1, max_size=4).map(
    "".join
)


def packets(stream: bytes, data: st.DataObject) -> list[bytes]:
    places = data.draw(st.lists(st.integers(0, len(stream)), max_size=8))
    return [stream[start:end] for start, end in pairwise(sorted({0, len(stream), *places}))]


@settings(deadline=None, max_examples=500)
@given(STREAMS, st.data())
def test_both_ways_in_see_the_same_requests(stream: str, data: st.DataObject) -> None:
    server = VerifierServer()
    sent = filled(stream, server)
    cut, in_haste = packets(sent, data), data.draw(st.booleans())

    async def talk(*, fast: bool) -> list[int]:
        transport = MemoryTransport(server, fast=fast)
        await transport.talk(cut, in_haste=in_haste)
        return transport.statuses()

    answers: Any = [asyncio.run(talk(fast=fast)) for fast in (True, False)]

    shorter = min(map(len, answers))
    assert answers[0][:shorter] == answers[1][:shorter]
    assert answers[0].count(200) <= len(reference_heads(sent))
