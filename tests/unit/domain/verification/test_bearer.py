"""Who brings a token, and who brings something else."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pharia_access.domain.token import MAX_BYTES
from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.bearer import bearer_token


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([b"Bearer abc"], b"abc", id="as everybody sends it"),
        pytest.param([b"bearer abc"], b"abc", id="small letters"),
        pytest.param([b"BEARER abc"], b"abc", id="capitals"),
        pytest.param([b"Bearer   abc  "], b"abc", id="blanks"),
        pytest.param([b"bEARER   abc"], b"abc", id="blanks after another spelling"),
        pytest.param([b"Bearer " + b"x" * MAX_BYTES], b"x" * MAX_BYTES, id="as long as may be"),
        pytest.param([b"Bearer " + b"x" * (MAX_BYTES + 1)], Refusal.OVERLONG_CREDENTIALS, id="longer"),
        pytest.param([], Refusal.NO_CREDENTIALS, id="no header"),
        pytest.param([b""], Refusal.NO_CREDENTIALS, id="an empty header"),
        pytest.param([b"Bearer"], Refusal.NO_CREDENTIALS, id="the scheme alone"),
        pytest.param([b"Bearer "], Refusal.NO_CREDENTIALS, id="the scheme and a blank"),
        pytest.param([b"Basic abc"], Refusal.NO_CREDENTIALS, id="another scheme"),
        pytest.param([b"Bearerabc"], Refusal.NO_CREDENTIALS, id="no blank"),
        pytest.param([b"Bearer\tabc"], Refusal.NO_CREDENTIALS, id="a tab"),
        pytest.param([b"\t Bearer abc \t "], b"abc", id="white space around all of it"),
        pytest.param([b"Bearer \t"], Refusal.NO_CREDENTIALS, id="the scheme and a tab at the end"),
        pytest.param([b"Bearer abc\r"], b"abc\r", id="a control character that is no white space"),
        pytest.param([b"Bearer a", b"Bearer a"], Refusal.AMBIGUOUS_CREDENTIALS, id="two headers"),
        pytest.param([b"Bearer a", b"Basic a"], Refusal.AMBIGUOUS_CREDENTIALS, id="two schemes"),
        pytest.param([b"Bearer a,Bearer b"], Refusal.AMBIGUOUS_CREDENTIALS, id="two in one"),
    ],
)
def test_a_header_gives_a_token_or_says_why_not(values: list[bytes], expected: bytes | Refusal) -> None:
    assert bearer_token(values) == expected


SPACE = st.text(" \t", max_size=8).map(str.encode)
SCHEMES = st.sampled_from([b"Bearer ", b"bearer ", b"BEARER  ", b"Basic ", b""])


@given(before=SPACE, scheme=SCHEMES, rest=st.binary(max_size=MAX_BYTES + 8), after=SPACE)
@example(before=b"", scheme=b"Bearer ", rest=b"x" * MAX_BYTES, after=b"\t" * 8)
def test_white_space_around_a_value_is_no_part_of_it(before: bytes, scheme: bytes, rest: bytes, after: bytes) -> None:
    assert bearer_token([before + scheme + rest + after]) == bearer_token([scheme + rest])
