"""The package takes the token out of a request as the verifier does, and shows it nowhere."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.bearer import bearer_token
from pharia_access_client.credentials import Token, read_token, without_credentials
from pharia_access_client.verdicts import Refused

_PIECES = st.sampled_from(
    [b"Bearer", b"bEARER", b"Basic", b" ", b"\t", b",", b"token", b"\xc3\xa9", b"\x00", b"x" * 257, b""]
)
_VALUES = st.lists(st.lists(_PIECES, max_size=5).map(b"".join), max_size=3)
_STATUS = {
    Refusal.NO_CREDENTIALS: "no_token",
    Refusal.AMBIGUOUS_CREDENTIALS: "invalid_request",
    Refusal.OVERLONG_CREDENTIALS: "invalid_token",
}


@given(values=_VALUES)
@example(values=[b"Bearer \xa0"])
@settings(max_examples=500)
def test_a_token_is_read_as_the_verifier_reads_it(values: list[bytes]) -> None:
    theirs = bearer_token(values)
    ours = read_token([(b"authorization", value) for value in values])

    if isinstance(ours, Token):
        # The verifier refuses a longer one itself.
        assert ours.reveal().encode() == theirs or theirs is Refusal.OVERLONG_CREDENTIALS
    elif isinstance(theirs, bytes):
        assert ours.error == "invalid_token"
        assert not (theirs.isascii() and theirs.decode().isprintable() and b" " not in theirs)
    else:
        assert ours.error == _STATUS[theirs] or b"," in values[0]


@given(
    name=st.text("xXaAuUtThH-_rolesR", min_size=1, max_size=14),
    others=st.lists(st.sampled_from([b"accept", b"x-author", b"authorization", b"AUTHORIZATION", b"x_auth_roles"])),
)
def test_nothing_that_looks_like_an_identity_stays(name: str, others: list[bytes]) -> None:
    kept = without_credentials([(each, b"v") for each in [name.encode(), *others]])

    shown = [each.decode().lower().replace("_", "-") for each, _ in kept]
    assert [each for each in shown if each.startswith("x-auth-") or each == "authorization"] == []
    assert shown.count("x-author") == others.count(b"x-author") + (name.lower() == "x-author")


def test_a_token_is_in_no_repr_and_cannot_be_pickled() -> None:
    token = Token("secret")

    assert "secret" not in f"{token} {token!r} {[token]}"
    with pytest.raises(TypeError, match="never serialized"):
        pickle.dumps(token)


def test_a_refusal_without_a_token_has_a_challenge_without_an_error() -> None:
    assert read_token([]) == Refused.no_token()
    assert Refused.no_token().headers["WWW-Authenticate"] == 'Bearer realm="pharia-access"'
