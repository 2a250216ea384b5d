"""What somebody should look at."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from pharia_access.domain.administration.findings import FindingType, Limits
from pharia_access.domain.administration.hygiene_rules import audit
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.permissions import Role
from tests.support.builders.domain_objects import NOW

DAY = timedelta(days=1)
LIMITS = Limits(unused=30 * DAY)
ROLE = Role("studio-user", frozenset({"finance"}), ())

TOKEN = TokenSummary(
    ObjectKey("finance", "ci"),
    "uid-ci",
    "invoice-bot",
    NOW - 60 * DAY,
    phase="Active",
    issued=NOW - 60 * DAY,
    ends=NOW + 30 * DAY,
    last_used=NOW - DAY,
    delivery="Collected",
)
CREDENTIAL = CredentialSummary(ObjectKey("finance", "invoice-bot"), "uid-c", NOW - 70 * DAY, roles=("studio-user",))


def faults(
    token: TokenSummary = TOKEN, credential: CredentialSummary = CREDENTIAL, limits: Limits = LIMITS
) -> dict[str, str]:
    """What is found of the two, by fault."""
    found = audit([token], [credential], {"studio-user": ROLE}, limits=limits, now=NOW)
    return {finding.type: finding.message for finding in found}


@pytest.mark.parametrize(
    ("token", "found"),
    [
        pytest.param(TOKEN, {}, id="nothing"),
        pytest.param(
            replace(TOKEN, ends=NOW),
            {FindingType.EXPIRED: "expired since 2026-11-23T12:00:00Z: delete it, in Git first if Git declares it"},
            id="its end has come, and no operator has seen it yet",
        ),
        pytest.param(
            replace(TOKEN, last_used=None),
            {FindingType.NEVER_USED: "never seen in use since it was issued 60 days ago"},
            id="never used",
        ),
        pytest.param(replace(TOKEN, last_used=None, issued=NOW - 30 * DAY), {}, id="not used yet"),
        pytest.param(
            replace(TOKEN, last_used=NOW - 31 * DAY), {FindingType.UNUSED: "last used 31 days ago"}, id="unused"
        ),
        pytest.param(replace(TOKEN, last_used=NOW - 30 * DAY), {}, id="used in time"),
        pytest.param(
            replace(TOKEN, last_used=None, issued=NOW - DAY, delivery="Withdrawn"),
            {
                FindingType.NEVER_COLLECTED: "nobody collected its secret in time, or used it since:"
                " rotate it if it is needed, otherwise delete it"
            },
            id="never collected",
        ),
        pytest.param(replace(TOKEN, delivery="Withdrawn"), {}, id="read, and left to be withdrawn, since it is used"),
        pytest.param(
            replace(TOKEN, stalled=True, message="A person must act."),
            {FindingType.FAILED: "A person must act."},
            id="stalled",
        ),
    ],
)
def test_faults_of_a_token(token: TokenSummary, found: dict[FindingType, str]) -> None:
    assert faults(token) == found


@pytest.mark.parametrize(
    ("phase", "found"),
    [
        pytest.param("Expired", FindingType.EXPIRED, id="expired"),
        pytest.param("Failed", FindingType.FAILED, id="failed, and so never good until its end"),
        pytest.param("Revoked", None, id="revoked on purpose, and not expired"),
    ],
)
def test_an_ended_token_has_one_fault_at_most(phase: str, found: FindingType | None) -> None:
    ended = replace(TOKEN, phase=phase, ends=NOW - DAY, last_used=None, reason="TTLTooLong")

    assert set(faults(ended)) - {FindingType.NO_TOKENS} == ({found} if found else set())


@pytest.mark.parametrize(
    ("own", "asked", "found"),
    [
        pytest.param(None, None, None, id="no maximum"),
        pytest.param(None, 90 * DAY, None, id="the maximum itself"),
        pytest.param(None, 89 * DAY, "89 days", id="longer than asked for"),
        pytest.param(80 * DAY, None, "80 days", id="longer than its credential allows"),
        pytest.param(80 * DAY, 85 * DAY, "80 days", id="the shorter of both"),
        pytest.param(85 * DAY, 80 * DAY, "80 days", id="whichever that is"),
        pytest.param(100 * DAY, 95 * DAY, None, id="within both"),
    ],
)
def test_a_token_may_live_longer_than_policies_allow(
    own: timedelta | None, asked: timedelta | None, found: str | None
) -> None:
    told = faults(credential=replace(CREDENTIAL, longest_life=own), limits=replace(LIMITS, longest=asked))

    assert told == ({FindingType.TOO_LONG: f"lives 90 days, but only {found} are allowed: rotate it"} if found else {})


def test_the_maximum_of_another_credential_does_not_count() -> None:
    strict = replace(CREDENTIAL, key=ObjectKey("finance", "other"), longest_life=DAY)

    found = audit([TOKEN], [CREDENTIAL, strict], {"studio-user": ROLE}, limits=LIMITS, now=NOW)

    assert [(finding.key.name, finding.type) for finding in found] == [("other", FindingType.NO_TOKENS)]


def test_a_credential_may_name_roles_that_grant_nothing() -> None:
    roles = ("studio-user", "studio-usr")
    elsewhere = replace(CREDENTIAL, key=ObjectKey("hr", "invoice-bot"))

    assert faults(credential=replace(CREDENTIAL, roles=roles)) == {
        FindingType.UNKNOWN_ROLE: 'There is no role "studio-usr"; did you mean "studio-user"?'
    }
    assert faults(credential=elsewhere)[FindingType.ROLE_NOT_ALLOWED] == (
        'The role "studio-user" is not allowed in namespace hr.'
    )


@pytest.mark.parametrize("phase", ["", "Expired", "Revoked", "Failed"])
def test_a_credential_without_an_active_token_is_found(phase: str) -> None:
    assert faults(replace(TOKEN, phase=phase))[FindingType.NO_TOKENS] == "has no active token"


@pytest.mark.parametrize(
    ("used", "created", "found"),
    [
        pytest.param({}, NOW - 31 * DAY, "never seen in use", id="never"),
        pytest.param({}, NOW - 30 * DAY, "", id="not yet"),
        pytest.param({"app": NOW - 31 * DAY}, NOW - 70 * DAY, "last used 31 days ago", id="not lately"),
        pytest.param({"app": NOW - 30 * DAY}, NOW - 70 * DAY, "", id="in time"),
        pytest.param({"other": NOW}, NOW - 70 * DAY, "never seen in use", id="somebody else"),
        pytest.param({}, None, "", id="nobody knows since when"),
    ],
)
def test_a_holder_that_is_not_used_is_found_and_one_is_as_good_as_a_token(
    used: dict[str, datetime], created: datetime | None, found: str
) -> None:
    held = replace(CREDENTIAL, service_accounts=("app",), last_used=used, created=created)
    message = f"is held by the ServiceAccount app, {found}: take it away if nobody needs it"

    assert faults(replace(TOKEN, phase="Failed"), held).get(FindingType.UNUSED_HOLDER) == (message if found else None)
    assert FindingType.NO_TOKENS not in faults(replace(TOKEN, phase="Failed"), held)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param({"suspended": True}, {FindingType.SUSPENDED}, id="suspended"),
        pytest.param({"deleting": True, "suspended": True}, {FindingType.DELETING}, id="held while it is deleted"),
    ],
)
def test_a_credential_that_bars_its_tokens_is_found(changes: dict[str, bool], found: set[FindingType]) -> None:
    assert set(faults(credential=replace(CREDENTIAL, **changes))) == found  # type: ignore[arg-type] # a table's column


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param({"revoked": True}, {FindingType.NOT_NOTED, FindingType.NO_TOKENS}, id="revoked"),
        pytest.param({"deleting": True}, {FindingType.NOT_NOTED, FindingType.NO_TOKENS}, id="being deleted"),
        pytest.param({"credential_uid": "another"}, {FindingType.NOT_NOTED}, id="of a credential that was deleted"),
        pytest.param({"ends": NOW}, {FindingType.EXPIRED}, id="expired, which is said already"),
        pytest.param({"revoked": True, "noted": "False"}, {FindingType.NO_TOKENS}, id="noted"),
    ],
)
def test_what_bars_a_token_and_the_operator_has_not_noted_is_found(
    changes: dict[str, object], found: set[FindingType]
) -> None:
    minted = replace(TOKEN, minted=True, credential_uid=CREDENTIAL.uid, noted="True")

    assert set(faults(replace(minted, **changes))) == found  # type: ignore[arg-type] # a table's column


def test_findings_come_by_object() -> None:
    other = replace(TOKEN, key=ObjectKey("billing", "ci"), phase="Expired")
    unused = replace(TOKEN, last_used=None, ends=NOW - DAY)

    found = audit([TOKEN, unused, other], [CREDENTIAL], {}, limits=LIMITS, now=NOW)

    assert [(str(finding.key), finding.kind, str(finding.type)) for finding in found] == [
        ("billing/ci", "token", "Expired"),
        ("finance/ci", "token", "Expired"),
        ("finance/ci", "token", "NeverUsed"),
        ("finance/invoice-bot", "credential", "UnknownRole"),
    ]


@pytest.mark.parametrize(
    ("days", "changes", "told"),
    [
        (6, {}, True),
        (8, {}, False),
        pytest.param(6, {"minted_until": NOW + 60 * DAY}, False, id="its end was brought forward"),
        pytest.param(6, {"issued": NOW - 7 * DAY}, False, id="a short life"),
        pytest.param(6, {"phase": "Revoked"}, False, id="over"),
    ],
)
def test_a_token_that_ends_soon_without_another_is_told(days: int, changes: dict[str, Any], told: bool) -> None:  # noqa: FBT001
    end = NOW + days * DAY
    token = replace(replace(TOKEN, ends=end, minted_until=end), **changes)

    found = faults(token).get(FindingType.ENDS_SOON)

    assert found == ("ends in 6 days, and no other token replaces it: rotate it if it is needed" if told else None)


def test_a_token_that_was_replaced_is_not_told_to_end_soon() -> None:
    end = NOW + DAY
    old = replace(TOKEN, ends=end, minted_until=end)
    new = replace(TOKEN, key=ObjectKey("finance", "ci-2"), replaces="ci", created=NOW)

    found = audit([old, new], [CREDENTIAL], {"studio-user": ROLE}, limits=LIMITS, now=NOW)

    assert FindingType.ENDS_SOON not in {finding.type for finding in found}


@pytest.mark.parametrize(("name", "meant"), [("invoice-bto", '; did you mean "invoice-bot"?'), ("zzz", "")])
def test_a_token_that_waits_for_a_misspelt_credential_is_told(name: str, meant: str) -> None:
    token = TokenSummary(ObjectKey("finance", "ci"), "u", name, NOW, phase="Pending")

    assert faults(token)[FindingType.NO_CREDENTIAL] == (
        f'waits for the credential "{name}", which does not exist{meant}'
    )
