"""A plain check is answered as it comes in; what only looks like one is read as any other request."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharia_access.entrypoints.verifier.accepted_texts import AcceptedTexts, EarlyAnswer
from pharia_access.entrypoints.verifier.answers import identity_answer
from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.entrypoints.verifier.plain_requests import PLAIN, may_become_plain
from pharia_access.services.verifier.authorizer import Contract
from pharia_access.services.verifier.verifier import Allowed
from tests.support.verifier.memory_transport import MemoryTransport, read_replies, request
from tests.support.verifier.messages import AUTH, filled, message
from tests.support.verifier.verifier_server import Reply, VerifierServer, open_verifier_server

if TYPE_CHECKING:
    from pytest_mock import MockerFixture

    from pharia_access.domain.token import TokenText


def accepted_text(server: VerifierServer, token: TokenText) -> EarlyAnswer:
    accepted = server.verifier.check(token.reveal().encode())
    assert isinstance(accepted, Allowed)
    return EarlyAnswer(identity_answer(accepted), Contract.NGINX, accepted)


class TestAcceptedTexts:
    def test_what_was_remembered_is_found_by_exactly_its_bytes(self) -> None:
        server = VerifierServer()
        known, texts = accepted_text(server, server.issue()), AcceptedTexts()

        texts.remember(texts.digest(b"one"), known)

        assert texts.find(texts.digest(b"one")) is known
        assert texts.find(texts.digest(b"one ")) is None

    def test_two_verifiers_have_different_digests(self) -> None:
        assert AcceptedTexts().digest(b"one") != AcceptedTexts().digest(b"one")

    def test_it_never_holds_more_than_two_generations(self) -> None:
        server = VerifierServer()
        known, texts = accepted_text(server, server.issue()), AcceptedTexts(most=10)

        for number in range(1000):
            texts.remember(b"%d" % number, known)

        assert len(texts) <= 20
        assert texts.find(b"999") is known
        assert texts.find(b"0") is None

    def test_nor_more_than_so_many_bytes_of_answers(self) -> None:
        server = VerifierServer()
        known, texts = accepted_text(server, server.issue()), AcceptedTexts(most_bytes=10 * 400)

        for number in range(1000):
            texts.remember(b"%d" % number, known)

        assert len(known.answer.wire) * len(texts) <= 2 * (10 * 400 + len(known.answer.wire))
        assert texts.find(b"999") is known

    def test_what_is_asked_for_stays_while_others_come_and_go(self) -> None:
        server = VerifierServer()
        known, texts = accepted_text(server, server.issue()), AcceptedTexts(most=10)
        texts.remember(b"asked for", known)

        for number in range(1000):
            texts.remember(b"%d" % number, known)
            assert texts.find(b"asked for") is known


def test_a_text_that_was_accepted_is_not_proved_again(mocker: MockerFixture) -> None:
    server = VerifierServer()
    token = server.issue()
    transport = MemoryTransport(server)
    first = transport.send(request(token))
    checks = mocker.spy(server.verifier, "check")

    second = transport.send(request(token, "/auth/nginx?role=studio-user", "x-forwarded-uri: /another"))

    assert (second, checks.call_count) == (first, 0)
    assert server.journal.decided_ == [("nginx", "ok")] * 2
    assert server.journal.used_ == [token.token_id] * 2


def test_an_answer_is_of_its_target_and_of_no_other() -> None:
    server = VerifierServer()
    token = server.issue()
    transport = MemoryTransport(server)
    targets = ["/auth/nginx", "/auth/nginx?role=admin", "/auth/envoy/any/-/x", "/auth/envoy/role=admin/-/x"]

    told = [[transport.send(request(token, target)).status for target in targets] for _ in range(2)]

    assert told == [[200, 403, 200, 403]] * 2
    assert transport.send(request(token, targets[2])).header("x-envoy-auth-headers-to-remove") == "authorization"
    assert transport.send(request(token, targets[0])).header("x-envoy-auth-headers-to-remove") is None


def test_what_is_asked_over_and_over_again_is_not_read_again(mocker: MockerFixture) -> None:
    server = VerifierServer()
    good, other = request(server.issue("a")), request(server.issue("b"))
    transport = MemoryTransport(server)
    for _ in range(20):
        transport.feed(good)
    decided = mocker.spy(transport.protocol, "_answer")

    for _ in range(20):
        transport.feed(good)
    repeated = decided.call_count
    for sent in (other, good, other, good):
        transport.feed(sent)

    assert (repeated, decided.call_count) == (0, 4)
    assert [reply.header("x-auth-credential") for reply in read_replies(transport.written)[-4:]] == [
        "finance/b-bot",
        "finance/a-bot",
        "finance/b-bot",
        "finance/a-bot",
    ]
    assert len(server.journal.decided_) == 44


def test_what_only_begins_as_what_is_asked_over_and_over_again_is_read() -> None:
    server = VerifierServer()
    token = server.issue()
    transport = MemoryTransport(server)
    for _ in range(20):
        transport.feed(request(token))

    for target in ("/auth/nginx?role=studio-use", "/auth/nginx?role=admin", "/auth/nginx?role=studio-user"):
        transport.feed(request(token, target))

    assert transport.statuses()[-3:] == [403, 403, 200]


def test_nobody_tries_each_time_whether_requests_that_differ_repeat(mocker: MockerFixture) -> None:
    server = VerifierServer()
    token = server.issue()
    transport = MemoryTransport(server)
    tried = mocker.spy(transport.protocol, "_is_repeated")

    for number in range(2500):
        transport.feed(request(token, "/auth/nginx", f"x-forwarded-uri: /{number}"))

    assert (tried.call_count, len(server.journal.decided_)) == (3, 2500)


def test_nothing_of_a_text_is_kept() -> None:
    server = VerifierServer()
    token = server.issue()
    transport = MemoryTransport(server)

    for _ in range(20):
        transport.send(request(token))

    assert len(transport.early.texts) == 1
    assert token.reveal() not in repr(vars(transport.early.texts))
    assert token.reveal() not in repr(vars(transport.protocol))


def test_a_refused_text_is_not_remembered() -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)

    assert transport.send(request(VerifierServer().issue())).status == 401
    assert transport.send(request(server.issue(), "/auth/nginx?role=admin")).status == 403
    assert len(transport.early.texts) == 0


PLAIN_ONES = {
    "as nginx asks": message("GET /auth/nginx", AUTH),
    "without a token": message("GET /auth/nginx"),
    "a token before the host": message("GET /auth/nginx", AUTH).replace(f"Host: v\r\n{AUTH}", f"{AUTH}\r\nHost: v"),
    "as Envoy asks": message("POST /auth/envoy/any/-/v1?x", "Content-Length: 0", AUTH),
    "a client's odd path": message("GET /auth/envoy/any/-/caf\xe9#\\", AUTH),
    "a connection that stays": message("GET /auth/forward", AUTH, "CONNECTION:  Keep-Alive "),
    "names in all cases": message("GET /auth/forward", AUTH.replace("Authorization", "aUTHORIZATION"), "X-A: b"),
    "names that begin alike": message(
        "GET /auth/forward", AUTH, "Hosts: a", "Authorizations: b", "Connections: c", "Content-Lengths: 1",
        "Expects: d", "Upgrades: e", "Transfer-Encodings: f", "TE: g", "Accept: h", "Cookie: i", "ETag: j",
        "User-Agent: k", "H: l", "Proxy-Connections: m", "Proxy: n",
    ),
    "empty values": message("GET /auth/forward", AUTH, "X:", "Y: ", "Accept:"),
    "bytes that are not ASCII in a value": message("GET /auth/forward", AUTH, "X: caf\xe9"),
}  # fmt: skip
OTHERS = {
    "another path": message("GET /whoami", AUTH),
    "another method": message("TRACE /auth/nginx", AUTH),
    "another version": message("GET /auth/nginx", AUTH).replace("HTTP/1.1", "HTTP/1.0"),
    "no host": message("GET /auth/nginx", AUTH).replace("Host: v\r\n", ""),
    "two hosts": message("GET /auth/nginx", AUTH, "hOST: v"),
    "two tokens": message("GET /auth/nginx", AUTH, AUTH.lower()),
    "an empty token": message("GET /auth/nginx", "Authorization: "),
    "a length": message("POST /auth/forward", AUTH, "cONTENT-LENGTH: 1") + "x",
    "a length of nothing, twice": message("POST /auth/forward", "Content-Length: 0", AUTH, "CONTENT-LENGTH: 0"),
    "twice, one after the other": message("POST /auth/forward", AUTH, "Content-Length: 0", "Content-Length: 0"),
    "a length of nothing and another": message("POST /auth/forward", AUTH, "Content-Length: 0", "content-length: 1"),
    "a length of zeros": message("POST /auth/forward", AUTH, "Content-Length: 00"),
    "chunks": message("POST /auth/forward", AUTH, "TRANSFER-ENCODING: chunked") + "0\r\n\r\n",
    "an offer": message("GET /auth/nginx", AUTH, "upgradE: x"),
    "an expectation": message("GET /auth/nginx", AUTH, "eXPECT: 100-continue"),
    "the last request": message("GET /auth/nginx", AUTH, "cONNECTION: close"),
    "the last request, as old proxies say it": message("GET /auth/nginx", AUTH, "pROXY-cONNECTION: close"),
    "a connection that stays, as old proxies say it": message("GET /auth/nginx", AUTH, "Proxy-Connection: keep-alive"),
    "options of the connection": message("GET /auth/nginx", AUTH, "Connection: keep-alive, close"),
    "a line that goes on": message("GET /auth/nginx", AUTH, "X: a\r\n b"),
    "a blank before the colon": message("GET /auth/nginx", AUTH, "X : a"),
    "a blank before a name": message("GET /auth/nginx", " X: a", AUTH),
    "an odd byte in a name": message("GET /auth/nginx", AUTH, "X\xe9: a"),
    "no name": message("GET /auth/nginx", AUTH, ": a"),
    "no colon": message("GET /auth/nginx", AUTH, "X"),
    "a bare line feed": message("GET /auth/nginx", AUTH, "X: a\nY: b"),
    "a bare carriage return": message("GET /auth/nginx", AUTH, "X: a\rb"),
    "a NUL": message("GET /auth/nginx", AUTH, "X: a\0b"),
    "a DEL": message("GET /auth/nginx", AUTH, "X: a\x7fb"),
    "a token that is not ASCII": message("GET /auth/nginx", f"{AUTH}\xe9"),
    "line feeds alone": message("GET /auth/nginx", AUTH).replace("\r\n", "\n"),
    "line ends before it": "\r\n" + message("GET /auth/nginx", AUTH),
    "two blanks in the request line": message("GET  /auth/nginx", AUTH),
    "a tab in the request line": message("GET\t/auth/nginx", AUTH),
    "a fragment": message("GET /auth/nginx#", AUTH),
    "a fragment before Envoy's dash": message("GET /auth/envoy/any#/-/", AUTH),
    "a backslash": message("GET /auth/nginx\\", AUTH),
    "a path that is not ASCII": message("GET /auth/nginx\xe9", AUTH),
    "a control character in a client's path": message("GET /auth/envoy/any/-/\x01", AUTH),
    "absolute form": message("GET http://v/auth/nginx", AUTH),
    "half of one": message("GET /auth/nginx", AUTH)[:-1],
}


@pytest.mark.parametrize("sent", PLAIN_ONES.values(), ids=PLAIN_ONES.keys())
def test_what_is_plain_needs_no_parser(sent: str, mocker: MockerFixture) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    raw = filled(sent, server)
    parse = mocker.spy(transport.protocol, "on_message_begin")

    for _ in range(3):
        transport.feed(raw)

    assert (len(transport.statuses()), parse.call_count) == (3, 0)
    assert set(transport.statuses()) <= {200, 401}


@pytest.mark.parametrize("sent", OTHERS.values(), ids=OTHERS.keys())
def test_what_is_in_doubt_is_left_to_the_parser(sent: str) -> None:
    assert PLAIN.match(sent.encode("latin-1")) is None


@pytest.mark.parametrize("name", ["Connection", "Proxy-Connection"])
async def test_behind_the_last_request_nothing_is_answered_however_it_is_cut(name: str) -> None:
    server = VerifierServer()
    raw = filled(message("GET /auth/nginx", AUTH, f"{name}: close"), server) * 2
    heard = []
    for packets in ([raw], [raw[: len(raw) // 2], raw[len(raw) // 2 :]], [bytes([byte]) for byte in raw]):
        transport = MemoryTransport(server)
        await transport.talk(packets)
        heard.append((transport.statuses(), transport.closed))

    assert heard == [([200], True)] * 3


@pytest.mark.parametrize("lines", [1, 20, 42])
@pytest.mark.parametrize("broken", [b"x", b"Host: v\r\n\r\n", b"\x00\r\n\r\n"], ids=["no end", "two hosts", "a NUL"])
def test_a_head_that_is_none_is_matched_in_no_time(lines: int, broken: bytes) -> None:
    """An expression that tries the same bytes in many ways would not come back from any of these."""
    head = message("GET /auth/nginx", *["X: " + "a" * (16_000 // lines)] * lines, AUTH).encode()

    assert PLAIN.match(head) is not None
    assert PLAIN.match(head[:-2] + broken) is None


async def test_a_connection_that_was_handed_over_stays_there() -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    check, whoami = filled(message("GET /auth/nginx", AUTH) + "|" + message("GET /whoami", AUTH), server).split(b"|")
    await transport.talk([check, whoami])
    decided = len(server.journal.decided_)

    transport.feed(check)
    at_once = len(server.journal.decided_) - decided
    await transport.talk([])

    assert (at_once, transport.statuses()) == (0, [200, 200, 200])


@pytest.mark.parametrize("together", [False, True], ids=["alone", "behind another"])
async def test_a_check_that_must_wait_takes_no_connection_with_it(*, together: bool, mocker: MockerFixture) -> None:
    """Only Argon2id can tell of it, once."""
    server = VerifierServer()
    known = request(server.issue("known"))
    cold = request(server.issue("cold", mac=None, mac_key_id=None))
    transport = MemoryTransport(server)
    await transport.talk([known])
    await transport.talk([known + cold] if together else [known, cold])
    async with asyncio.timeout(10):
        while len(transport.statuses()) < 3:  # noqa: ASYNC110 - a thread of Argon2id's tells nobody here
            await asyncio.sleep(0.01)
    parse = mocker.spy(transport.protocol, "on_message_begin")

    transport.feed(cold)
    transport.feed(known)

    assert (transport.statuses(), parse.call_count) == ([200] * 5, 0)
    server.hash_verifier.close()


async def test_what_comes_while_a_check_waits_comes_behind_it() -> None:
    server = VerifierServer()
    known = request(server.issue("known"))
    cold = request(server.issue("cold", mac=None, mac_key_id=None), "/auth/envoy/any/-/")
    transport = MemoryTransport(server)

    transport.feed(cold)
    transport.feed(known)
    async with asyncio.timeout(10):
        while len(transport.statuses()) < 2:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.01)

    credentials = [reply.header("x-auth-credential") for reply in read_replies(transport.written)]
    assert credentials == ["finance/cold-bot", "finance/known-bot"]
    server.hash_verifier.close()


@pytest.mark.parametrize("cuts", [1, 2, 3, 4])
async def test_a_head_may_come_in_a_few_packets(cuts: int, mocker: MockerFixture) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    raw = filled(message("GET /auth/nginx", AUTH, "X: " + "y" * 3000), server)
    parse = mocker.spy(transport.protocol, "on_message_begin")
    step = len(raw) // cuts + 1

    await transport.talk([raw[at : at + step] for at in range(0, len(raw), step)] * 5)

    assert (transport.statuses(), parse.call_count, transport.closed) == ([200] * 5, 0, False)


@pytest.mark.parametrize("sent", PLAIN_ONES.values(), ids=PLAIN_ONES.keys())
def test_a_plain_head_is_waited_for_wherever_it_is_cut(sent: str) -> None:
    raw = filled(sent, VerifierServer())

    assert [at for at in range(len("OPTIONS /auth/envoy/"), len(raw)) if not may_become_plain(raw[:at])] == []
    assert not may_become_plain(raw)


def test_what_comes_behind_the_longest_head_does_not_count_for_it(mocker: MockerFixture) -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    raw = filled(message("POST /auth/envoy/any/-/", "Content-Length: 0", AUTH), server)
    decided = mocker.spy(transport.protocol, "_answer")

    transport.feed(raw + b"\r\n" * Limits().head_bytes + b"content-length: 0\r\n")

    assert decided.call_count == 1


async def test_a_head_has_no_more_time_behind_a_check_that_came_in_two_packets_and_waited() -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    cold = filled(message("GET /auth/none", AUTH), server)
    await transport.talk([cold[:30], cold[30:]])

    transport.feed(cold[:30])

    assert transport.statuses() == [404]
    assert transport.protocol.deadline <= asyncio.get_running_loop().time() + Limits().request_seconds


async def test_a_head_in_more_packets_has_no_more_time_than_another() -> None:
    server = VerifierServer()
    transport = MemoryTransport(server)
    raw = filled(message("GET /auth/nginx", AUTH), server)
    transport.feed(raw[:20])
    transport.protocol.deadline = 1.0

    for byte in raw[20:-1]:
        transport.feed(bytes([byte]))
    waited = transport.protocol.deadline
    transport.feed(raw[-1:])
    await transport.talk([])

    assert (waited, transport.statuses(), transport.protocol.deadline > 1.0) == (1.0, [200], True)


@pytest.mark.parametrize(
    ("end", "status"),
    [(b"", 403), (b"1\r\nx-more: ", 403), (b"1\r\n", 400)],
    ids=["in a header", "in another", "after a header"],
)
async def test_a_check_inside_of_a_request_is_no_request_of_its_own(end: bytes, status: int) -> None:
    server = VerifierServer()
    token = server.issue()
    transport = MemoryTransport(server)
    transport.send(request(token))

    transport.feed(b"GET /auth/nginx?role=admin HTTP/1.1\r\nx-beginning: " + end)
    await transport.talk([request(token)])

    assert transport.statuses() == [200, 400 if end == b"1\r\n" else status]


@pytest.mark.parametrize("announced", ["content-length: {length}", "transfer-encoding: chunked"])
async def test_a_body_that_looks_like_a_check_is_a_body(announced: str) -> None:
    async with open_verifier_server() as server:
        known = request(server.issue())
        head = f"POST /check_user HTTP/1.1\r\nhost: v\r\n{announced.format(length=len(known))}\r\n\r\n".encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(known)
        assert Reply.read(await reader.readuntil(b"\r\n\r\n")).status == 200

        writer.write(head)
        await asyncio.sleep(0.05)
        writer.write(known)
        writer.write_eof()
        rest = await asyncio.wait_for(reader.read(), 10)
        writer.close()

    assert b"HTTP/1.1 200" not in rest


_door = VerifierServer()
_good, _other, _bad = _door.issue("a"), _door.issue("b"), _door.issue("c", revoked=True)
_REQUESTS = [
    request(_good),
    request(_other),
    request(_bad),
    request(_good, "/auth/forward"),
    request(_good, "/auth/envoy/any/-/x"),
    request(_other, "/auth/nginx?role=admin"),
    request(_good, "/auth/nginx", "x-forwarded-uri: /1"),
    b"\r\n" + request(_good),
    request(_good, "/auth/forward", "content-length: 3") + b"abc",
]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(_REQUESTS), min_size=1, max_size=12), st.data())
def test_however_requests_are_cut_into_packets_the_answers_are_the_same(sent: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(sent)
    starts = [sum(map(len, sent[:n])) for n in range(len(sent))]
    places = st.one_of(st.sampled_from(starts), st.integers(0, len(stream)))
    cuts = sorted({0, len(stream), *data.draw(st.lists(places, max_size=12))})

    async def talk(packets: list[bytes]) -> tuple[list[int], bool]:
        transport = MemoryTransport(_door)
        await transport.talk(packets)
        return transport.statuses(), transport.closed

    answers, closed = asyncio.run(talk([stream[start:end] for start, end in pairwise(cuts)]))
    expected, _ = asyncio.run(talk(sent))

    assert answers == expected[: len(answers)]
    assert len(answers) == len(expected) or closed  # a third that waits is one too many
