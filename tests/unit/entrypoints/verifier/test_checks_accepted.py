"""What was accepted is remembered, for its text, its target and as long as it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pharia_access.entrypoints.verifier.accepted_texts import AcceptedTexts, EarlyAnswer
from pharia_access.entrypoints.verifier.answers import identity_answer
from pharia_access.services.verifier.authorizer import Contract
from pharia_access.services.verifier.verifier import Allowed
from tests.support.verifier.memory_transport import MemoryTransport, read_replies, request
from tests.support.verifier.verifier_server import VerifierServer

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
