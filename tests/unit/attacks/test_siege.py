"""A siege is judged rightly: what is wrong is told, and what is right is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.attacks.siege import Person, Siege
from tools.gateways.witness import Seen, Witness

if TYPE_CHECKING:
    from collections.abc import Callable


def person(name: str) -> Person:
    subject = {"x-auth-subject": f"uid-of-{name}", "x-auth-token-id": f"id-of-{name}"}
    return Person(f"token-of-{name}", subject)


ANNA, BERT, MALLORY = person("anna"), person("bert"), person("mallory")


def seen(target: str, who: Person | None, *more: tuple[str, str], **trailers: str) -> Seen:
    headers = tuple(who.identity.items()) if who else ()
    return Seen("GET", target, (("host", "v"), *headers, *more), b"", tuple(trailers.items()))


def siege(*arrived: Seen) -> Siege:
    made = Siege(Witness(seen=list(arrived)), [ANNA, BERT], [MALLORY], ["bad"])
    made.asked.add("/honest/1")
    return made


RIGHT: dict[str, Callable[[Siege], None]] = {
    "an honest answer": lambda one: one.judge_honest("/honest/1", ANNA, 200, seen("/honest/1", ANNA)),
    "a stranger's refusal": lambda one: one.judge_honest("/honest/2", None, 401, None),
    "an attacker's refusal": lambda one: one.judge_answers(1, b"", b"HTTP/1.1 401 U\r\n\r\n", has_token=False),
    "an attacker's own answer": lambda one: one.judge_answers(1, b"", b"HTTP/1.1 200 OK\r\n\r\n", has_token=True),
    "Go's answer to a star": lambda one: one.judge_answers(
        1, b"OPTIONS * HTTP/1.1\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", has_token=False
    ),
}
WRONG: dict[str, Callable[[Siege], None]] = {
    "another's answer": lambda one: one.judge_honest("/honest/1", ANNA, 200, seen("/honest/2", BERT)),
    "another's identity": lambda one: one.judge_honest("/honest/1", ANNA, 200, seen("/honest/1", BERT)),
    "no answer": lambda one: one.judge_honest("/honest/1", ANNA, 0, None),
    "a good token refused": lambda one: one.judge_honest("/honest/1", ANNA, 401, None),
    "a stranger passed": lambda one: one.judge_honest("/honest/1", None, 200, seen("/honest/1", BERT)),
    "an attacker passed": lambda one: one.judge_answers(1, b"", b"HTTP/1.1 204 N\r\n\r\n", has_token=False),
    "an attacker passed behind a refusal": lambda one: one.judge_answers(
        1, b"", b"HTTP/1.1 401 U\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", has_token=False
    ),
    "an empty answer to no star": lambda one: one.judge_answers(
        1, b"GET * HTTP/1.1\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", has_token=False
    ),
    "another's ID told": lambda one: one.judge_answers(1, b"", b"HTTP/1.1 401\r\n id-of-anna", has_token=True),
    "another's path told": lambda one: one.judge_answers(1, b"", b"HTTP/1.1 200 /honest/1", has_token=True),
}
ARRIVED_WRONG = {
    "as nobody": [seen("/x", None)],
    "as a stranger": [seen("/x", person("eve"))],
    "as somebody honest": [seen("/x", ANNA)],
    "as an attacker, with an honest path": [seen("/honest/1", MALLORY)],
    "with a token": [seen("/honest/1", ANNA, ("authorization", "Bearer x"))],
    "with two subjects": [seen("/honest/1", ANNA, ("x_auth_subject", "other"))],
    "with a subject in a trailer": [seen("/honest/1", ANNA, **{"x-auth-subject": "other"})],
    "twice": [seen("/honest/1", ANNA)] * 2,
    "unasked": [seen("/honest/2", ANNA)],
}


@pytest.mark.parametrize("happens", RIGHT.values(), ids=RIGHT.keys())
def test_what_is_right_is_not_told(happens: Callable[[Siege], None]) -> None:
    one = siege(seen("/honest/1", ANNA), seen("/x", MALLORY))

    happens(one)
    one.judge_service()

    assert one.wrong == []


@pytest.mark.parametrize("happens", WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_told(happens: Callable[[Siege], None]) -> None:
    one = siege()

    happens(one)

    assert len(one.wrong) == 1


@pytest.mark.parametrize("arrived", ARRIVED_WRONG.values(), ids=ARRIVED_WRONG.keys())
def test_so_is_what_reached_the_service_and_should_not_have(arrived: list[Seen]) -> None:
    one = siege(*arrived)

    one.judge_service()

    assert len(one.wrong) == 1
