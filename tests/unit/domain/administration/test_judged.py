"""What the command line says of a token now: its word in a list, and whether anybody but the operator knows it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.administration.judged import UNSEEN, Unseen, judged
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from tests.support.builders.domain_objects import NOW

DAY = timedelta(days=1)
TOKEN = TokenSummary(
    ObjectKey("finance", "ci"),
    "uid-ci",
    "invoice-bot",
    NOW - DAY,
    phase="Active",
    minted=True,
    credential_uid="uid-c",
    issued=NOW - DAY,
    ends=NOW + DAY,
    noted="True",
    noted_why=("Issued", "The token can be used."),
)
WAITING = replace(TOKEN, phase="", minted=False, issued=None, noted="")
BARRED = replace(TOKEN, noted="False", noted_why=("CredentialSuspended", "It is suspended."))
CREDENTIAL = CredentialSummary(ObjectKey("finance", "invoice-bot"), "uid-c", NOW - DAY)
SUSPENDED = replace(CREDENTIAL, suspended=True)


@pytest.mark.parametrize(
    ("token", "credential", "state"),
    [
        pytest.param(TOKEN, CREDENTIAL, "Active", id="usable"),
        pytest.param(TOKEN, SUSPENDED, "Active,CredentialSuspended", id="its credential is suspended"),
        pytest.param(TOKEN, replace(CREDENTIAL, deleting=True), "Active,CredentialDeleting", id="is being deleted"),
        pytest.param(TOKEN, None, "Active,CredentialNotFound", id="is gone"),
        pytest.param(TOKEN, replace(CREDENTIAL, uid="x"), "Active,CredentialReplaced", id="is another"),
        pytest.param(replace(TOKEN, ends=NOW), CREDENTIAL, "Active,Expired", id="its end has come"),
        pytest.param(replace(TOKEN, ends=None), CREDENTIAL, "Active,Expired", id="an end that cannot be read"),
        pytest.param(replace(TOKEN, revoked=True), SUSPENDED, "Active,Revoked", id="revoked, and nobody noted it"),
        pytest.param(replace(TOKEN, revoked=True, phase="Revoked"), CREDENTIAL, "Revoked", id="revoked"),
        pytest.param(replace(TOKEN, ends=NOW, phase="Expired"), SUSPENDED, "Expired", id="expired"),
        pytest.param(replace(TOKEN, deleting=True), CREDENTIAL, "Deleting", id="being deleted"),
        pytest.param(WAITING, SUSPENDED, "Pending", id="nothing is minted"),
        pytest.param(replace(WAITING, revoked=True), CREDENTIAL, "Pending,Revoked", id="revoked before a mint"),
        pytest.param(TOKEN, UNSEEN, "Active", id="its credential may not be read, and nobody noted anything"),
        pytest.param(BARRED, UNSEEN, "Active,CredentialSuspended", id="its credential may not be read"),
        pytest.param(BARRED, CREDENTIAL, "Active", id="resumed, and nobody noted it"),
        pytest.param(replace(BARRED, noted_why=("", "")), UNSEEN, "Active,Unknown", id="noted without a reason"),
        pytest.param(replace(BARRED, revoked=True), UNSEEN, "Active,Revoked", id="its own end is seen all the same"),
    ],
)
def test_a_token_has_a_word(token: TokenSummary, credential: CredentialSummary | Unseen | None, state: str) -> None:
    assert judged(token, credential, NOW).state == state


@pytest.mark.parametrize(
    ("token", "active", "words"),
    [
        pytest.param(TOKEN, True, "active", id="active"),
        pytest.param(BARRED, True, "active", id="barred for a while"),
        pytest.param(replace(TOKEN, revoked=True), False, "revoked", id="revoked, and nobody noted it"),
        pytest.param(replace(WAITING, revoked=True), False, "revoked", id="revoked before a mint"),
        pytest.param(replace(TOKEN, phase="Failed", revoked=True), False, "failed", id="failed, and revoked since"),
        pytest.param(replace(TOKEN, deleting=True, revoked=True), False, "being deleted", id="being deleted"),
        pytest.param(WAITING, False, "pending", id="waiting"),
    ],
)
def test_whether_its_life_is_over_does_not_hang_on_its_credential(
    token: TokenSummary, words: str, *, active: bool
) -> None:
    barred = judged(token, SUSPENDED, NOW)

    assert barred.active is active
    assert barred.in_words == words
