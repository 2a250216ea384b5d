"""Where a token may come beside `Authorization: Bearer`, held to a reference that was written apart."""

from __future__ import annotations

import base64
import binascii
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.token import MAX_BYTES
from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.bearer import bearer_token
from pharia_access.domain.verification.token_headers import TokenHeader, TokenHeaders
from tests.support.verifier.token_header_reference import reference

ALL: Final = tuple(TokenHeader)
NONE, TWO = Refusal.NO_CREDENTIALS, Refusal.AMBIGUOUS_CREDENTIALS
LONG, BAD = Refusal.OVERLONG_CREDENTIALS, Refusal.MALFORMED_TOKEN
BEARER: Final = (b"authorization", b"Bearer t")
KEY: Final = (b"x-api-key", b"t")

Header = tuple[bytes, bytes]


def basic(pair: bytes) -> Header:
    return b"authorization", b"Basic " + base64.b64encode(pair)


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        pytest.param([], NONE, id="nothing"),
        pytest.param([BEARER], b"t", id="a bearer token"),
        pytest.param([KEY], b"t", id="a key"),
        pytest.param([(b"api-key", b" \tt ")], b"t", id="blanks around"),
        pytest.param([(b"x-goog-api-key", b"t")], b"t", id="Google's"),
        pytest.param([basic(b":t")], b"t", id="a password, and no name"),
        pytest.param([basic(b"any\xffname:t")], b"t", id="any name"),
        pytest.param([basic(b"a:b:c")], b"b:c", id="a colon in the password"),
        pytest.param([(b"authorization", b"bAsIc  dTp0")], b"t", id="the scheme in any case"),
        pytest.param([basic(b"t")], NONE, id="a name alone"),
        pytest.param([basic(b"t:")], NONE, id="no password"),
        pytest.param([(b"authorization", b"Basic dTp0=")], BAD, id="one = too many"),
        pytest.param([(b"authorization", b"Basic dTp0!")], BAD, id="no base64"),
        pytest.param([(b"authorization", b"Basic d Tp0")], BAD, id="a blank inside"),
        pytest.param([(b"authorization", b"Basic dTp0,Basic dTp0")], TWO, id="two pairs with a comma"),
        pytest.param([basic(b"u:t,t")], TWO, id="a comma in the password"),
        pytest.param([basic(b"u:" + b"t" * 257)], LONG, id="a long password"),
        pytest.param([basic(b"u" * 800 + b":t")], LONG, id="a long name"),
        pytest.param([(b"authorization", b"Digest x")], NONE, id="another scheme"),
        pytest.param([(b"x-api-key", b"t,t")], TWO, id="two keys with a comma"),
        pytest.param([(b"x-api-key", b"t" * 256)], b"t" * 256, id="as long as may be"),
        pytest.param([(b"x-api-key", b"t" * 257)], LONG, id="longer"),
        pytest.param([(b"x-api-key", b"Bearer t")], b"Bearer t", id="a scheme is no part of a key"),
        pytest.param([KEY, KEY], TWO, id="a key twice"),
        pytest.param([KEY, (b"x-api-key", b"")], TWO, id="a key, and once empty"),
        pytest.param([BEARER, KEY], TWO, id="two that are the same token"),
        pytest.param([KEY, (b"api-key", b"other")], TWO, id="two keys"),
        pytest.param([(b"authorization", b"Digest x"), KEY], TWO, id="another scheme beside a key"),
        pytest.param([(b"authorization", b""), KEY], b"t", id="an empty one beside a key"),
        pytest.param([(b"authorization", b" \t"), KEY, (b"api-key", b"")], b"t", id="two empty ones beside a key"),
        pytest.param([(b"x-key", b"t")], NONE, id="a header that is not on the list"),
    ],
)  # fmt: skip
def test_a_request_has_one_token(headers: list[Header], read: bytes | Refusal) -> None:
    assert TokenHeaders(ALL).read(headers) == read
    assert reference(headers, ALL) == read


@pytest.mark.parametrize("header", ALL)
def test_a_header_that_is_not_configured_is_not_read(header: TokenHeader) -> None:
    sent = basic(b"u:t") if header is TokenHeader.BASIC else (header.encode(), b"t")
    others = [other for other in ALL if other is not header]

    assert TokenHeaders(others).read([sent]) is NONE
    assert TokenHeaders([header]).read([sent]) == b"t"


NAMES = st.sampled_from(
    [b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key", b"x-api-key2", b"x_api_key", b""]
)
TEXTS = st.one_of(
    st.sampled_from([b"", b" ", b"\t ", b"t", b"a,b", b"t" * 256, b"t" * 257, b"\xff\x00", b":", b"a:b", b"x:t,t"]),
    st.binary(max_size=300),
)
VALUES = st.one_of(
    TEXTS,
    st.builds(lambda scheme, blank, text: scheme + blank + text,
              st.sampled_from([b"Bearer", b"bearer", b"Basic", b"BASIC", b"Digest", b"Bearer,"]),
              st.sampled_from([b" ", b"  ", b"\t", b"", b" \t "]),
              st.one_of(TEXTS, TEXTS.map(base64.b64encode), TEXTS.map(binascii.b2a_base64))),
)  # fmt: skip
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=5)
CONFIGURED = st.sets(st.sampled_from(ALL)).map(lambda found: tuple(sorted(found)))


@given(HEADERS, CONFIGURED)
def test_what_is_sent_is_read_as_by_the_reference(headers: list[Header], configured: tuple[TokenHeader]) -> None:
    read = TokenHeaders(configured).read(headers)

    assert read == reference(headers, configured)
    assert isinstance(read, Refusal) or 0 < len(read) <= MAX_BYTES


@given(HEADERS)
def test_with_nothing_configured_it_is_the_bearer_token(headers: list[Header]) -> None:
    values = [value for name, value in headers if name == b"authorization"]

    assert TokenHeaders().read(headers) == bearer_token(values)


@given(HEADERS, CONFIGURED)
def test_the_order_of_headers_says_nothing(headers: list[Header], configured: tuple[TokenHeader]) -> None:
    assert TokenHeaders(configured).read(headers) == TokenHeaders(configured).read(headers[::-1])
