"""Of all rules only a token's end depends on the time: so who was accepted is, until then, while nothing changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.verdict import RULES, CredentialRecord, IssuedToken, issued_before, judge

TIMES = st.floats(min_value=0, max_value=4e9)


def token(**changes: object) -> IssuedToken:
    fields: dict[str, object] = {
        "key": "finance/ci",
        "uid": "uid",
        "token_id": "id",
        "credential_key": "finance/bot",
        "credential_uid": "holder",
        "issued_at": 1e9,
        "ends_at": 2e9,
        "ends_text": "2033-05-18T03:33:20Z",
        "revoked": False,
        "deleting": False,
        "hash": "none",
    }
    return IssuedToken(**{**fields, **changes})  # type: ignore[arg-type] # the fields above


CREDENTIALS = st.one_of(
    st.none(),
    st.builds(
        CredentialRecord,
        st.just("finance"),
        st.just("bot"),
        st.sampled_from(["holder", "another"]),
        st.just(()),
        suspended=st.booleans(),
        deleting=st.booleans(),
    ),
)


@given(
    st.builds(token, revoked=st.booleans(), deleting=st.booleans(), issued_at=TIMES, ends_at=TIMES),
    CREDENTIALS,
    TIMES,
    TIMES,
    TIMES,
)
def test_who_is_accepted_once_is_accepted_exactly_until_the_token_ends(
    one: IssuedToken, credential: CredentialRecord | None, bound: float, once: float, then: float
) -> None:
    rules = (issued_before(bound), *RULES)
    accepted_once = judge(one, credential, once, rules=rules) is None

    accepted_then = judge(one, credential, then, rules=rules) is None

    if accepted_once:
        assert accepted_then is (then < one.ends_at)
