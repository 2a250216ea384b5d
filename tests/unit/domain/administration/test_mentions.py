"""Whatever somebody has of a token in an incident: its ID is found, and nothing else comes out."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.administration.mentions import MOST_MENTIONED, MOST_READ, is_token_id, mentioned_ids
from tests.support.builders.domain_objects import TEXT

WHOLE, ID = TEXT.reveal(), TEXT.token_id
OTHER = "b" * 16
LOG = {"message": "refused", "field_configurations": 1, "reason": "authentication-failed", "tokenID": ID}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(WHOLE, id="whole"),
        pytest.param(f"{WHOLE}\n", id="with a line's end"),
        pytest.param(f"AA_API_TOKEN={WHOLE}", id="of an environment file"),
        pytest.param(f"export AA_API_TOKEN='{WHOLE}'", id="quoted"),
        pytest.param(f'curl -H "Authorization: Bearer {WHOLE}" https://api.example.com', id="in a command"),
        pytest.param(f"https://api.example.com/?key={WHOLE}&x=1", id="in an address"),
        pytest.param(f"2026-11-23T12:00:00Z INFO responsibilities of {WHOLE} …", id="in a log line"),
        pytest.param("\0".join(WHOLE), id="as UTF-16"),
        pytest.param(WHOLE[:-1] + "x", id="mistyped"),
        pytest.param(WHOLE[:-20], id="cut off at its end"),
        pytest.param(WHOLE[: -len(WHOLE.split("_")[2])], id="all but its secret"),
        pytest.param(str(TEXT), id="as our logs show it"),
        pytest.param(WHOLE.rpartition("_")[0], id="prefix and ID"),
        pytest.param(WHOLE.partition("_")[2], id="cut off at its beginning"),
        pytest.param(ID, id="the ID"),
        pytest.param(f'"{ID}",', id="the ID, quoted"),
        pytest.param(json.dumps(LOG), id="a line of the verifier's log"),
        pytest.param(f"responsibilities: token_id={ID}", id="a line of a gateway's log"),
        pytest.param(f"  token: {b64encode(WHOLE.encode()).decode()}", id="of a Secret, as kubectl shows it"),
        pytest.param(b64encode(f"user:{WHOLE}".encode()).decode(), id="of basic authentication"),
    ],
)
def test_a_token_is_found_in_whatever_comes_in(text: str) -> None:
    assert mentioned_ids(text) == (ID,)


def test_the_surest_of_many_words_count() -> None:
    assert mentioned_ids(f"{OTHER} {WHOLE}") == (ID,)
    assert mentioned_ids(f'{OTHER} "tokenID":"{ID}"') == (ID,)
    assert mentioned_ids(f"{WHOLE} {WHOLE.replace(ID, OTHER)} {WHOLE}") == (ID, OTHER)
    assert mentioned_ids(f"{OTHER} {ID}") == (OTHER, ID)


@pytest.mark.parametrize("text", ["", "no token", "pharia_short", f"{ID}x", f"x{ID}", ID.upper(), "=" * 40, "A" * 41])
def test_nothing_is_found_in_what_mentions_none(text: str) -> None:
    assert mentioned_ids(text) == ()


@given(st.text(max_size=200))
def test_any_text_is_an_input(text: str) -> None:
    assert all(is_token_id(found) for found in mentioned_ids(text))


def test_a_flood_of_words_is_bounded() -> None:
    words = [f"{number:0>16}".translate(str.maketrans("0189", "abcd")) for number in range(1000)]

    assert len(mentioned_ids(" ".join(words))) == MOST_MENTIONED
    assert mentioned_ids(" " * MOST_READ + WHOLE) == ()
