"""A gateway's word for the client: one header's value, bounded and harmless, of the request that is judged now."""

from __future__ import annotations

import asyncio

import pytest

from pharia_access.services.verifier.client_word import LONGEST_WORD, ClientWord


def head(*lines: str) -> bytes:
    return "\r\n".join(["GET /auth/nginx HTTP/1.1", "host: v", *lines, "", ""]).encode("latin-1")


def headers(*lines: str) -> list[tuple[bytes, bytes]]:
    pairs = (line.split(":", 1) for line in lines)
    return [(name.lower().encode(), value.strip().encode("latin-1")) for name, value in pairs]


@pytest.mark.parametrize("of", [head, headers])
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        pytest.param(("X-Real-Ip: 192.0.2.7",), "192.0.2.7", id="an address"),
        pytest.param(("x-real-ip:192.0.2.7",), "192.0.2.7", id="another spelling"),
        pytest.param((), "", id="none"),
        pytest.param(("X-Real-Ip-Not: 1", "Not-X-Real-Ip: 2"), "", id="others"),
        pytest.param(("X-Real-Ip: a", "X-Real-Ip: b"), "a, b", id="two"),
        pytest.param(("X-Real-Ip: \x1b[2J\xe9",), "?[2J?", id="what drives a terminal"),
        pytest.param((f"X-Real-Ip: {'x' * 999}",), "x" * LONGEST_WORD, id="a long one"),
    ],
)
def test_the_header_is_read_in_both_forms(of: object, lines: tuple[str, ...], said: str) -> None:
    word = ClientWord("X-Real-IP")

    word.hold(of(*lines))  # type: ignore[operator] # one of two functions

    assert word.read() == said


def test_what_was_held_is_forgotten() -> None:
    word = ClientWord("X-Real-IP")

    word.release(word.hold(head("x-real-ip: a")))

    assert word.read() == ""


async def test_requests_that_are_judged_at_the_same_time_have_their_own() -> None:
    word = ClientWord("X-Real-IP")

    async def judged(client: str) -> str:
        word.hold(headers(f"x-real-ip: {client}"))
        await asyncio.sleep(0)
        return word.read()

    assert await asyncio.gather(*(judged(f"c{number}") for number in range(5))) == [f"c{n}" for n in range(5)]
