"""What may stand in a target: each byte at each place, for each path, on both ways in, however it is cut."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from pharia_access.entrypoints.verifier.targets import RequestLines
from tests.support.verifier.both_ways import BOTH
from tests.support.verifier.memory_transport import MemoryTransport, read_replies
from tests.support.verifier.messages import AUTH, UP, chunked, filled, message
from tests.support.verifier.verifier_server import Reply, VerifierServer

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""


ENDS = frozenset(b" \r\n")
"""What ends a target or its line: what follows is refused as the version that it is not."""
UNSOUND = frozenset([*range(0x21), *range(0x7F, 0x100), ord("#"), ord("\\")]) - ENDS
CUT = frozenset([0, 9, *ENDS, 0x7F, 0x80, 0xFF, ord("#"), ord("\\")])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a byte is put: `%` stands for it. `refused` is the status if it may not stand there."""

    target: str
    refused: int
    method: str = "GET"


BEFORE = {
    "behind nginx's path": Place("/auth/nginx%", 401),
    "in nginx's query": Place("/auth/nginx?role=studio-user%", 401),
    "at the beginning of nginx's query": Place("/auth/nginx?%role=studio-user", 401),
    "behind nginx's path in absolute form": Place("http://v/auth/nginx%?role=studio-user", 401),
    "in nginx's path": Place("/auth/ng%inx", 400),
    "below nginx's path": Place("/auth/nginx/%", 400),
    "behind a longer path": Place("/auth/nginxes%", 400),
    "behind the forward path": Place("/auth/forward%", 400),
    "in the forward query": Place("/auth/forward?role=studio-user%&role=os-user", 400),
    "in Envoy's requirement": Place("/auth/envoy/role=studio-user%/-/", 400),
    "in Envoy's requirement, before a path": Place("/auth/envoy/any%/-/a/b?c", 400),
    "before Envoy's path": Place("/auth/%envoy/any/-/", 400),
    "behind Envoy's dash": Place("/auth/envoy/any/-%", 400),
    "behind Envoy's dash, in a query": Place("/auth/envoy/any/-?%", 400),
    "behind a dash that is not Envoy's": Place("/auth/envoy/any/../any/-/%", 400),
    "behind a dash in a query": Place("/auth/envoy/any?/-/%", 400),
    "behind a dash of another path": Place("/auth/forward/-/%", 400),
    "behind a dash of nginx's query": Place("/auth/nginx?role=studio-user/-/%", 401),
    "in whoami's path": Place("/whoami%", 400),
    "in whoami's query": Place("/whoami?%", 400),
    "in check_user's path": Place("/check_user%", 400, method="POST"),
    "in introspection's query": Place("/oauth2/introspect?a%", 400, method="POST"),
    "in a path that is none": Place("/%", 400),
    "in an authority": Place("http://v%/auth/nginx", 400),
}
CLIENTS = {
    "right behind Envoy's dash": "/auth/envoy/any/-/%",
    "in a client's path": "/auth/envoy/any/-/a%b/c",
    "in a client's query": "/auth/envoy/any/-/a?b=%",
    "behind a client's other dash": "/auth/envoy/any/-/a/-/%",
    "behind a requirement": "/auth/envoy/role=studio-user/-/%",
    "in absolute form": "http://v/auth/envoy/any/-/a%",
    "behind dots": "/auth/envoy/any/-/../..%/auth/nginx",
    "before a query": "/auth/envoy/any/-/%?role=os-user",
}


def asked(server: VerifierServer, target: str, byte: int, method: str = "GET") -> bytes:
    head, tail = target.split("%")
    return filled(message(f"{method} {head}{chr(byte)}{tail}", AUTH), server)


def cuts(sent: bytes, byte: int) -> list[list[bytes]]:
    """In one packet; for some bytes also byte by byte, and cut in two in the target."""
    if byte not in CUT:
        return [[sent]]
    return [[sent], [sent[at : at + 1] for at in range(len(sent))], [sent[:16], sent[16:]], [sent[:22], sent[22:]]]


async def told(server: VerifierServer, packets: list[bytes], *, fast: bool) -> tuple[list[Reply], bool]:
    transport = MemoryTransport(server, fast=fast)
    await transport.talk(packets, in_haste=True)
    return read_replies(transport.written), transport.closed


@BOTH
@pytest.mark.parametrize("place", BEFORE.values(), ids=BEFORE)
async def test_no_such_byte_stands_before_what_is_the_clients(place: Place, *, fast: bool) -> None:
    server = VerifierServer()
    for byte in sorted(UNSOUND):
        for packets in cuts(asked(server, place.target, byte, place.method), byte):
            replies, closed = await told(server, packets, fast=fast)

            assert ([reply.status for reply in replies], closed) == ([place.refused], True), (byte, packets)
            assert replies[0].header("cache-control") == "no-store"
            assert replies[0].header("connection") == "close"


@BOTH
@pytest.mark.parametrize("target", CLIENTS.values(), ids=CLIENTS)
async def test_what_is_the_clients_is_not_judged(target: str, *, fast: bool) -> None:
    server = VerifierServer()
    for byte in sorted(set(range(256)) - ENDS):
        for packets in cuts(asked(server, target, byte), byte):
            replies, closed = await told(server, packets, fast=fast)

            assert ([reply.status for reply in replies], closed) == ([200], False), (byte, packets)


@BOTH
@pytest.mark.parametrize(
    "target", [*(place.target for place in BEFORE.values()), *CLIENTS.values()], ids=[*BEFORE, *CLIENTS]
)
@pytest.mark.parametrize("byte", sorted(ENDS), ids=["LF", "CR", "blank"])
async def test_what_ends_a_target_or_a_line_is_never_a_part_of_one(target: str, byte: int, *, fast: bool) -> None:
    server = VerifierServer()
    for packets in cuts(asked(server, target, byte), byte):
        replies, closed = await told(server, packets, fast=fast)

        assert replies, packets
        if byte == ord(" ") and target.endswith("%"):
            assert not closed  # one blank too many before the version, and no more
        else:
            assert (replies[-1].status in {400, 401, 505}, closed) == (True, True), (byte, packets)


@BOTH
async def test_what_is_written_by_percent_stays_what_it_is(*, fast: bool) -> None:
    server = VerifierServer()
    for byte in sorted(UNSOUND):
        for place in (place for place in BEFORE.values() if not place.target.startswith("http")):
            sent = message(f"{place.method} {place.target.replace('%', f'%{byte:02X}')}", AUTH)
            replies, closed = await told(server, [filled(sent, server)], fast=fast)

            assert (len(replies), closed) == (1, False)
            assert replies[0].status != 200 or place.target.startswith(("/whoami", "/auth/envoy/any/-"))


@BOTH
async def test_a_fragment_takes_no_requirement_away(*, fast: bool) -> None:
    server = VerifierServer()
    statuses = []
    for target in (
        "/auth/nginx?role=os-user",
        "/auth/nginx#?role=os-user",
        "/auth/forward#?role=os-user",
        "/auth/forward?role=studio-user#&role=os-user",
        "/auth/forward?role=studio-user\\&role=os-user",
        "/auth/envoy/role=os-user#/-/",
    ):
        replies, _ = await told(server, [filled(message(f"GET {target}", AUTH), server)], fast=fast)
        statuses += [reply.status for reply in replies]

    assert statuses == [403, 401, 400, 400, 400, 400]


@BOTH
async def test_a_refused_target_comes_behind_the_answers_that_are_due(*, fast: bool) -> None:
    server = VerifierServer()
    check, bad = message("GET /auth/nginx", AUTH), message("GET /auth/nginx#", AUTH)

    for first in (check, message("GET /whoami", AUTH)):
        packets = filled(f"{first}|{bad}|{check}", server).split(b"|")
        replies, closed = await told(server, packets, fast=fast)
        assert ([reply.status for reply in replies], closed) == ([200, 401], True)


async def test_a_check_with_a_clients_odd_path_is_one_and_no_other_is() -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    odd = filled(message("GET /auth/envoy/any/-/caf\xe9", AUTH), server)
    await transport.talk([odd, odd, odd.replace(b"\xe9", b"x")])

    assert transport.statuses() == [200, 200, 200]
    await transport.talk([odd.replace(b"any/-/", b"any\xe9/-/")])
    assert transport.statuses() == [200, 200, 200, 400]


@BOTH
@pytest.mark.parametrize(
    "first",
    [
        message("GET /auth/nginx", AUTH),
        message("GET /whoami", AUTH),
        message("POST /auth/forward", AUTH, body="x"),
        chunked("POST /auth/forward", AUTH, body="x", trailers=("X: y",)),
        message("POST /auth/forward", AUTH, UP, body="x"),
    ],
    ids=["a check", "another request", "a body", "chunks", "an offer"],
)
async def test_what_comes_right_behind_another_request_is_judged_as_if_it_came_alone(first: str, *, fast: bool) -> None:
    server = VerifierServer()
    for target, last in (("/auth/envoy/any/-/\xe9", 200), ("/auth/nginx\xe9", 401), ("/auth/nginx#", 401)):
        replies, closed = await told(server, [filled(first + message(f"GET {target}", AUTH), server)], fast=fast)
        assert ([reply.status for reply in replies], closed) == ([200, last], last != 200)


TARGET_OF_EACH_KIND = [
    b"/auth/envoy/any/-/a\x01\xff#?b",
    b"/auth/envoy/any/-/a\rb",
    b"http://h/auth/envoy/role=a/-/\xff",
    b"/auth/nginx?role=a",
    b"/auth/envoy/a-/-/\x01",
    b"*",
]


@pytest.mark.parametrize("target", TARGET_OF_EACH_KIND)
def test_how_bytes_are_cut_changes_nothing_of_what_the_parser_is_shown(target: bytes) -> None:
    line = b"\r\nGET  " + target + b" HTTP/1.1\r\nx: \x01\xff#\r\n\r\n"
    whole = RequestLines().read(line, at_beginning=True)
    for first in range(1, len(line)):
        for second in (first + 1, first + 2, len(line)):
            lines = RequestLines()
            parts = line[:first], line[first:second], line[second:]
            shown = [lines.read(part, at_beginning=not number) for number, part in enumerate(parts) if part]
            assert b"".join(shown) == whole, parts
            assert lines.unsound is None

    assert whole.endswith(b" HTTP/1.1\r\nx: \x01\xff#\r\n\r\n")


@pytest.mark.parametrize("start", [b"GET /auth/nginx?", b"GET /auth/envoy/", b"GET /auth/envoy/any/-/", b"GET http://"])
def test_a_target_that_comes_byte_by_byte_costs_each_byte_once(start: bytes) -> None:
    lines = RequestLines()
    lines.read(start, at_beginning=True)
    began = time.process_time()
    for _ in range(16_000):
        lines.read(b"a", at_beginning=False)

    assert time.process_time() - began < 1  # 10 s, where all is looked at anew for each


@pytest.mark.parametrize("cut", [1, 4, 20, 21, 22, 23, 24])
def test_what_may_not_stand_there_is_found_however_it_comes(cut: int) -> None:
    line = b"GET /auth/envoy/any\x01/-/\x01"
    lines = RequestLines()
    lines.read(line[:cut], at_beginning=True)
    lines.read(line[cut:], at_beginning=False)

    assert lines.unsound is not None
