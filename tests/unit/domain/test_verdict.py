"""Is this token good now: each objection, and which comes first."""

from dataclasses import replace
from math import inf, nan

import pytest

from pharia_access.domain.verdict import RULES, CredentialRecord, IssuedToken, Refusal, issued_before, judge

CREDENTIAL = CredentialRecord("finance", "bot", "uid-c", ("reader",))
TOKEN = IssuedToken(
    key="finance/ci",
    uid="uid-t",
    token_id="abcdefghij234567",
    credential_key="finance/bot",
    credential_uid="uid-c",
    issued_at=100.0,
    ends_at=200.0,
    ends_text="1970-01-01T00:03:20Z",
    revoked=False,
    deleting=False,
    hash="$argon2id$",
)


@pytest.mark.parametrize(
    ("token", "credential", "now", "refusal"),
    [
        pytest.param(TOKEN, CREDENTIAL, 150.0, None, id="good"),
        pytest.param(TOKEN, CREDENTIAL, 199.999, None, id="good to the end"),
        pytest.param(TOKEN, CREDENTIAL, 200.0, Refusal.EXPIRED, id="expired at its second"),
        pytest.param(replace(TOKEN, ends_at=nan), CREDENTIAL, 150.0, Refusal.EXPIRED, id="an end that is no number"),
        pytest.param(TOKEN, CREDENTIAL, nan, Refusal.EXPIRED, id="a time that is no number"),
        pytest.param(TOKEN, CREDENTIAL, inf, Refusal.EXPIRED, id="the end of time"),
        pytest.param(replace(TOKEN, revoked=True), CREDENTIAL, 150.0, Refusal.REVOKED, id="revoked"),
        pytest.param(replace(TOKEN, revoked=True), None, 250.0, Refusal.REVOKED, id="revoked and much more"),
        pytest.param(replace(TOKEN, deleting=True), CREDENTIAL, 250.0, Refusal.BEING_DELETED, id="being deleted"),
        pytest.param(TOKEN, None, 150.0, Refusal.CREDENTIAL_GONE, id="no credential"),
        pytest.param(TOKEN, replace(CREDENTIAL, uid="x"), 150.0, Refusal.CREDENTIAL_REPLACED, id="another credential"),
        pytest.param(
            TOKEN, replace(CREDENTIAL, deleting=True), 150.0, Refusal.CREDENTIAL_BEING_DELETED, id="credential going"
        ),
        pytest.param(TOKEN, replace(CREDENTIAL, suspended=True), 150.0, Refusal.CREDENTIAL_SUSPENDED, id="suspended"),
        pytest.param(
            TOKEN,
            replace(CREDENTIAL, suspended=True, uid="x"),
            150.0,
            Refusal.CREDENTIAL_REPLACED,
            id="a replacement that is suspended",
        ),
    ],
)
def test_a_token_is_judged(
    token: IssuedToken, credential: CredentialRecord | None, now: float, refusal: Refusal | None
) -> None:
    assert judge(token, credential, now, rules=RULES) is refusal


@pytest.mark.parametrize(("bound", "refusal"), [(100.0, None), (100.5, Refusal.ISSUED_TOO_EARLY), (0.0, None)])
def test_what_was_issued_before_a_restore_is_void(bound: float, refusal: Refusal | None) -> None:
    assert judge(TOKEN, CREDENTIAL, 150.0, rules=(issued_before(bound), *RULES)) is refusal


def test_neither_hash_nor_mac_is_shown() -> None:
    shown = repr(replace(TOKEN, mac=b"s3cret", own_mac=b"s3cret"))

    assert "argon2" not in shown
    assert "s3cret" not in shown
