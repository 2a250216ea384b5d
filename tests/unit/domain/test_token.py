"""The token's text: what is minted, what is refused, and what a scanner finds."""

import base64
import hashlib
import math
import re
import string
import zlib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.token import (
    MAX_BYTES,
    PREFIX_PATTERN,
    TOKEN_ID_PATTERN,
    TokenText,
    mint,
    parse,
    scanner_pattern,
)
from pharia_access.errors import TokenFormatError
from tests.support.builders.golden_texts import COUNTING, ONES, ZEROS

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
DOCUMENT = Path(__file__).parents[3] / "docs" / "reference" / "token-format.md"

GOLDEN = [
    pytest.param("pharia", bytes(10), bytes(32), ZEROS, id="all bits zero"),
    pytest.param("pharia", b"\xff" * 10, b"\xff" * 32, ONES, id="all bits one"),
    pytest.param("pharia", bytes(range(10)), bytes(range(32)), COUNTING, id="counting bytes"),
    pytest.param(
        "ab9",
        bytes(range(10)),
        bytes(range(32)),
        "ab9_aaaqeayeaudaocaj_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf04Wdoa",
        id="another prefix has another checksum",
    ),
]
prefixes = st.from_regex(PREFIX_PATTERN, fullmatch=True, alphabet=st.characters(codec="ascii"))


def number_of(digits: str) -> int:
    return sum(ALPHABET.index(digit) * 62**power for power, digit in enumerate(reversed(digits)))


def mint_from(prefix: str, id_bytes: bytes, secret_bytes: bytes) -> TokenText:
    return mint(prefix, {len(id_bytes): id_bytes, len(secret_bytes): secret_bytes}.__getitem__)


def with_good_checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = ALPHABET[digit] + digits
    return body + digits


@pytest.mark.parametrize(("prefix", "id_bytes", "secret_bytes", "text"), GOLDEN)
def test_a_token_is_minted_as_the_golden_vectors_say(
    prefix: str, id_bytes: bytes, secret_bytes: bytes, text: str
) -> None:
    assert mint_from(prefix, id_bytes, secret_bytes).reveal() == text


@pytest.mark.parametrize(("prefix", "id_bytes", "secret_bytes", "text"), GOLDEN)
def test_a_golden_vector_agrees_with_arithmetic_done_by_hand(
    prefix: str, id_bytes: bytes, secret_bytes: bytes, text: str
) -> None:
    shown_prefix, token_id, tail = text.split("_")

    assert shown_prefix == prefix
    assert base64.b32decode(token_id.upper()) == id_bytes
    assert number_of(tail[:43]) == int.from_bytes(secret_bytes, "big")
    assert number_of(tail[43:]) == zlib.crc32(text[:-6].encode("ascii"))


@given(prefix=prefixes, id_bytes=st.binary(min_size=10, max_size=10), secret=st.binary(min_size=32, max_size=32))
def test_what_is_minted_parses_to_the_same_token(prefix: str, id_bytes: bytes, secret: bytes) -> None:
    minted = mint_from(prefix, id_bytes, secret)
    text = minted.reveal()

    assert parse(text) == parse(text.encode("ascii")) == minted
    assert (minted.prefix, minted.token_id) == (prefix, text.split("_")[1])
    assert re.fullmatch(TOKEN_ID_PATTERN, minted.token_id)
    assert re.fullmatch(scanner_pattern(prefix), text)
    assert len(text) == len(prefix) + 67


@given(prefix=prefixes, secret=st.binary(min_size=32, max_size=32), data=st.data())
def test_a_token_with_one_character_changed_is_refused(prefix: str, secret: bytes, data: st.DataObject) -> None:
    text = mint_from(prefix, bytes(10), secret).reveal()
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda character: character != text[at]))

    with pytest.raises(TokenFormatError):
        parse(text[:at] + other + text[at + 1 :])


@given(st.text() | st.binary() | st.from_regex(r"[a-z]{2,4}_[a-z2-7]{16}_[0-9A-Za-z]{49}", fullmatch=True))
def test_no_input_raises_anything_but_a_token_format_error(anything: str | bytes) -> None:
    with pytest.raises(TokenFormatError):
        parse(anything)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("pharia", id="a prefix alone"),
        pytest.param(COUNTING + "\n", id="a line break behind it"),
        pytest.param(" " + COUNTING, id="a space in front"),
        pytest.param(COUNTING[:-1], id="one character short"),
        pytest.param(COUNTING.replace("_", "-"), id="another separator"),
        pytest.param(COUNTING + "\u0660", id="a digit that is not ASCII"),
        pytest.param(COUNTING + "\udc80", id="half a surrogate pair"),
        pytest.param(COUNTING.encode() + b"\xff", id="bytes that are no text"),
        pytest.param(COUNTING * 100_000, id="megabytes"),
        pytest.param(COUNTING[:-6] + "000000", id="a wrong checksum"),
        pytest.param(with_good_checksum("Pharia" + COUNTING[6:-6]), id="an upper-case prefix"),
        pytest.param(with_good_checksum("p" + COUNTING[6:-6]), id="a prefix of one letter"),
        pytest.param(with_good_checksum("abcdefghijk" + COUNTING[6:-6]), id="a prefix of eleven letters"),
        pytest.param(with_good_checksum("9pharia" + COUNTING[6:-6]), id="a prefix that starts with a digit"),
        pytest.param(with_good_checksum(COUNTING[:7].ljust(23, "1") + COUNTING[23:-6]), id="an ID not base32"),
        pytest.param(with_good_checksum(COUNTING[:-7] + "-"), id="a secret that is not base62"),
    ],
)
def test_what_is_not_a_token_is_refused_without_a_part_of_it_being_told(text: str | bytes) -> None:
    with pytest.raises(TokenFormatError) as caught:
        parse(text)

    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert "aaaqeayeaudaocaj" not in str(error)
    assert "003aUlTJC7" not in str(error)


@pytest.mark.parametrize("thing", [None, 7, bytearray(COUNTING.encode()), [COUNTING]], ids=repr)
def test_what_is_neither_text_nor_bytes_is_refused(thing: object) -> None:
    with pytest.raises(TokenFormatError):
        parse(thing)  # type: ignore[arg-type] # a caller without types


def test_a_text_is_judged_by_its_length_before_anything_else() -> None:
    with pytest.raises(TokenFormatError, match="256 bytes"):
        parse("x" * (MAX_BYTES + 1))
    with pytest.raises(TokenFormatError, match="form"):
        parse("x" * MAX_BYTES)


@pytest.mark.parametrize("prefix", ["", "p", "Pharia", "ph_aria", "9a", "abcdefghijk", "pharia\n", "phäria"])
def test_a_malformed_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(TokenFormatError, match="prefix"):
        mint(prefix, bytes)
    with pytest.raises(TokenFormatError, match="prefix"):
        scanner_pattern(prefix)


@pytest.mark.parametrize("given_bytes", [0, 9, 31, 33])
def test_an_entropy_source_that_returns_another_number_of_bytes_is_refused(given_bytes: int) -> None:
    with pytest.raises(TokenFormatError, match=f"returned {given_bytes} bytes"):
        mint("pharia", lambda _: bytes(given_bytes))


@pytest.mark.parametrize(
    "around",
    [
        pytest.param("{}", id="alone"),
        pytest.param("TOKEN={};", id="in an assignment"),
        pytest.param('{{"note":"\\n{}\\n"}}', id="between escaped line breaks"),
        pytest.param("q=%20{}%0A", id="between percent escapes"),
        pytest.param("Authorization: Bearer {}\r\n", id="in a header"),
    ],
)
def test_the_scanner_pattern_finds_a_token_in_its_surroundings(around: str) -> None:
    assert re.findall(scanner_pattern("pharia"), around.format(COUNTING)) == [COUNTING]


def test_the_scanner_pattern_leaves_longer_words_alone() -> None:
    assert re.findall(scanner_pattern("pharia"), COUNTING + "x") == []


def entropy_per_character(text: str) -> float:
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def test_the_entropy_bound_of_the_documented_rules_parts_tokens_from_placeholders() -> None:
    digests = [hashlib.sha512(bytes([high, low])).digest() for high in range(8) for low in range(256)]
    tokens = [mint_from("pharia", digest[:10], digest[-32:]).reveal() for digest in digests]

    assert min(map(entropy_per_character, tokens)) > 4
    assert entropy_per_character(ZEROS) < 3


@pytest.mark.parametrize("shown", [ZEROS, ONES, COUNTING, scanner_pattern("pharia"), PREFIX_PATTERN])
def test_the_reference_shows_the_same_vectors_and_patterns(shown: str) -> None:
    assert shown in DOCUMENT.read_text(encoding="utf-8")
