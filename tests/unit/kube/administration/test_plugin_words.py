"""An exec plugin's words reach the person, byte by byte and whole; kubectl's own log lines do not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.kube.administration.plugin_words import PluginWords

LOGGED = b"E1130 06:22:16.939723    1299 proxy_server.go:147] Error while proxying request: dial tcp: refused\n"
HINTED = LOGGED[:-1] + b"\n\nIt looks like you are trying to use a plugin that is not installed.\n\nget it\n"


def shown(*pieces: bytes) -> bytes:
    words = PluginWords()
    return b"".join(words.feed(piece) for piece in pieces) + words.end()


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param([b"PIN: "], b"PIN: ", id="a prompt without a line end"),
        pytest.param([b"E"], b"E", id="what may begin a log line, at the end"),
        pytest.param([b"Enter", b" the code\n"], b"Enter the code\n", id="a word that begins like one"),
        pytest.param([LOGGED], b"", id="a log line"),
        pytest.param([HINTED], b"", id="an entry of several lines"),
        pytest.param([LOGGED[:3], LOGGED[3:20], LOGGED[20:]], b"", id="a log line in pieces"),
        pytest.param([b"ended\n" + LOGGED], b"ended\n", id="words before a log line"),
        pytest.param([b"ended\n", LOGGED, b"again\n"], b"ended\nagain\n", id="words around a log line"),
        pytest.param([b"say " + LOGGED], b"say " + LOGGED, id="a log line within a line of words"),
        pytest.param([b"\xff\x00\n"], b"\xff\x00\n", id="any bytes"),
    ],
)
def test_words_pass_and_log_lines_do_not(pieces: list[bytes], expected: bytes) -> None:
    assert shown(*pieces) == expected


def test_words_are_the_plugins_alone_until_the_first_log_line() -> None:
    words = PluginWords()
    words.feed(b"PIN: ")
    before = words.exact
    words.feed(b"\n" + LOGGED)

    assert (before, words.exact) == (True, False)


@pytest.mark.parametrize("prompt", [b"PIN: ", b"W", b"Enter: ", b"\rcode"])
def test_a_prompt_is_shown_before_anything_follows(prompt: bytes) -> None:
    words = PluginWords()

    assert words.feed(prompt) == (b"" if prompt == b"W" else prompt)


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_no_word_is_lost_or_out_of_order(pieces: list[bytes]) -> None:
    assert shown(*pieces) == b"".join(pieces)


@given(st.lists(st.integers(min_value=1, max_value=len(LOGGED) - 1), max_size=5, unique=True))
def test_wherever_a_log_line_is_cut_it_is_not_shown(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(LOGGED)]

    assert shown(*(LOGGED[begin:end] for begin, end in pairwise(places))) == b""
