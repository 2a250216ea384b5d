"""Text of other people in one line, in which nothing drives a terminal, hides or reorders."""

from __future__ import annotations

import sys
import unicodedata
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth, wcwidth

from pharia_access.entrypoints.kubectl import printing, render
from pharia_access.entrypoints.kubectl.escaping import escaped
from tests.support.kubectl.emulator import shown, sit_down

ANY = st.text(st.characters(codec=None, categories=None))
NEVER: Final = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        pytest.param("\x1b[31m", "^[[31m", id="an escape, as kubectl writes it"),
        pytest.param("a\rb", r"a\rb", id="a carriage return, as kubectl writes it"),
        pytest.param("a\nb\tc", r"a\nb\tc", id="a line break and a tab"),
        pytest.param("\x00\x07\x08\x7f", "^@^G^H^?", id="other control characters, as cat -v writes them"),
        pytest.param("\x9b31m\x85", r"\x9b31m\x85", id="C1, sequences in one byte"),
        pytest.param("a\u202eb\u2066c", r"a\u202eb\u2066c", id="what reorders"),
        pytest.param("a\u200bb\ufeffc\u00ad", r"a\u200bb\ufeffc\xad", id="what has no width"),
        pytest.param("\u2028\u2029", r"\u2028\u2029", id="separators of lines and paragraphs"),
        pytest.param("\ud83d", r"\ud83d", id="half a character"),
        pytest.param("\U000e0041\ufe0f\u3164", r"\U000e0041\ufe0f\u3164", id="tags, selectors, fillers"),
        pytest.param(
            "Größe 日本語 e\u0301 \u00a0\u3000|", "Größe 日本語 e\u0301 \u00a0\u3000|", id="what is to be read"
        ),
    ],
)
def test_what_is_seen(text: str, seen: str) -> None:
    assert escaped(text) == seen


@given(ANY)
def test_nothing_is_left_that_a_terminal_obeys_or_hides(text: str) -> None:
    seen = escaped(text)

    assert {unicodedata.category(char) for char in seen} & set(NEVER) == set()
    assert wcswidth(seen) >= 0
    assert escaped(seen) == seen


def test_whatever_has_no_width_is_seen_on_a_letter() -> None:
    """Of all characters: who has no width, and is neither a mark nor a part of a Hangul syllable, is written out."""
    unseen = [
        hex(code)
        for code, char in ((code, chr(code)) for code in range(sys.maxunicode + 1))
        if wcwidth(char) < 1 and escaped(char) == char and unicodedata.category(char)[0] != "M"
        if not unicodedata.name(char).startswith("HANGUL J")
    ]

    assert unseen == []


@given(st.text(st.characters(codec="utf-8", exclude_categories=NEVER)))
def test_a_column_behind_any_text_stands_where_it_should(text: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        stream = sit_down(patched)
        render.print_table(["NAME", "NEXT"], [[f"a{text}b", "!"], ["a", "!"]])
    _, first, second = stream.getvalue().splitlines()

    assert first.endswith("  !")
    assert wcswidth(first) == wcswidth(second)


@pytest.mark.parametrize(
    "text", ["a\x1b[2J", "日本語", "e\u0301e\u0301", "\U0001f469\u200d\U0001f4bb", "\u202eabc", "a\nb"]
)
def test_a_terminal_shows_the_columns_where_they_should_stand(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    stream = sit_down(monkeypatch)
    render.print_table(["NAME", "NEXT"], [[text, "!"], ["a", "!"]])
    written = stream.getvalue()
    heading, first, second = shown(written).lines

    column = len(second) - 1
    assert heading.index("NEXT") == column
    assert wcswidth(first) - 1 == column


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_an_encoding_does_not_have_is_written_out(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    stream = sit_down(monkeypatch)
    monkeypatch.setattr(stream, "encoding", encoding, raising=False)

    printing.write("für 日")

    assert (
        stream.getvalue().encode(encoding) == {"ascii": b"f\\xfcr \\u65e5\n", "latin-1": b"f\xfcr \\u65e5\n"}[encoding]
    )
