"""Which status a token gets, as a table: a sentence, what is observed, what is written; and what stays so."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from pharia_access.domain.conditions import find, is_true
from pharia_access.domain.lifecycle.decisions import InSync, Mint, Observed, SecretCleanup, WriteStatus
from pharia_access.domain.lifecycle.token_rules import decide
from pharia_access.domain.reasons import DeliveryState, Phase, Reason
from tests.support.builders.domain_objects import NOW, a_credential, a_minted_token, a_token
from tests.support.builders.observations import ARGO, GENTLE, OTHER, failed, observed, waiting

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
VELERO = {"velero.io/restore-name": "nightly"}


@dataclass(frozen=True)
class Settled:
    """What a Settle says, in short."""

    phase: Phase
    reason: Reason
    cleanup: SecretCleanup
    delivery: DeliveryState | None = None


RECORDED, KEEP = SecretCleanup.DELETE_RECORDED, SecretCleanup.KEEP
WITHDRAWN, COLLECTED = DeliveryState.WITHDRAWN, DeliveryState.COLLECTED


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        pytest.param(
            observed(a_token(revoked=True)),
            Settled(Phase.REVOKED, Reason.REVOKED, KEEP),
            id="a new token that is revoked mints nothing",
        ),
        pytest.param(
            observed(a_minted_token(a_token(revoked=True))),
            Settled(Phase.REVOKED, Reason.REVOKED, RECORDED, WITHDRAWN),
            id="a revoked token loses its Secret at once",
        ),
        pytest.param(
            observed(a_minted_token(a_token(revoked=True), issued_at=NOW - 90 * DAY)),
            Settled(Phase.REVOKED, Reason.REVOKED, RECORDED, WITHDRAWN),
            id="revoked is said before expired",
        ),
        pytest.param(
            observed(a_token(expires_at=NOW)),
            Settled(Phase.EXPIRED, Reason.EXPIRED, KEEP),
            id="a new token whose end has passed mints nothing",
        ),
        pytest.param(
            observed(a_minted_token(issued_at=NOW - 30 * DAY, state=WITHDRAWN)),
            Settled(Phase.EXPIRED, Reason.EXPIRED, KEEP, WITHDRAWN),
            id="a token expires at the very second of its end",
        ),
        pytest.param(
            observed(a_minted_token(a_token(expires_at=NOW - HOUR, generation=2))),
            Settled(Phase.EXPIRED, Reason.EXPIRED, RECORDED, WITHDRAWN),
            id="an end that was brought forward counts",
        ),
        pytest.param(
            observed(a_token(), None),
            Settled(Phase.PENDING, Reason.CREDENTIAL_NOT_FOUND, KEEP),
            id="a token waits for its credential",
        ),
        pytest.param(
            observed(a_token(), a_credential(suspended=True)),
            Settled(Phase.PENDING, Reason.CREDENTIAL_SUSPENDED, KEEP),
            id="a suspended credential mints nothing",
        ),
        pytest.param(
            observed(a_token(), a_credential(suspended=True, deleting=True)),
            Settled(Phase.PENDING, Reason.CREDENTIAL_DELETING, KEEP),
            id="a credential that is being deleted mints nothing",
        ),
        pytest.param(
            observed(a_token(ttl=8785 * HOUR)),
            Settled(Phase.FAILED, Reason.TTL_TOO_LONG, KEEP),
            id="a longer life than the cluster allows is refused",
        ),
        pytest.param(
            observed(a_token(ttl=25 * HOUR), a_credential(max_ttl=DAY)),
            Settled(Phase.FAILED, Reason.TTL_TOO_LONG, KEEP),
            id="a longer life than the credential allows is refused",
        ),
        pytest.param(
            observed(a_token(expires_at=NOW + 2 * DAY), a_credential(max_ttl=DAY)),
            Settled(Phase.FAILED, Reason.TTL_TOO_LONG, KEEP),
            id="an end too far away is refused too",
        ),
        pytest.param(
            observed(a_token(), a_credential(max_tokens=1), free=False),
            Settled(Phase.PENDING, Reason.TOKEN_LIMIT_REACHED, KEEP),
            id="a token waits while its credential has all it may have",
        ),
        pytest.param(
            observed(a_token(labels=VELERO)),
            Settled(Phase.PENDING, Reason.RESTORED, KEEP),
            id="what came out of a backup mints nothing",
        ),
        pytest.param(
            observed(waiting(HOUR)),
            Settled(Phase.FAILED, Reason.PENDING_TOO_LONG, KEEP),
            id="what waited too long is not minted even when it could be",
        ),
        pytest.param(
            observed(a_minted_token(), gone=True),
            Settled(Phase.ACTIVE, Reason.ISSUED, KEEP, COLLECTED),
            id="a Secret that its reader deleted was collected",
        ),
        pytest.param(
            observed(a_minted_token(issued_at=NOW - HOUR)),
            Settled(Phase.ACTIVE, Reason.ISSUED, RECORDED, WITHDRAWN),
            id="a Secret is deleted at the end of its window",
        ),
        pytest.param(
            observed(a_minted_token(issued_at=NOW - HOUR), gone=True),
            Settled(Phase.ACTIVE, Reason.ISSUED, KEEP, COLLECTED),
            id="a Secret that was gone before the end of its window was collected",
        ),
        pytest.param(
            observed(a_minted_token(issued_at=NOW - 23 * DAY, state=COLLECTED)),
            Settled(Phase.ACTIVE, Reason.ISSUED, KEEP, COLLECTED),
            id="a week before its end a token says so",
        ),
        pytest.param(
            observed(replace(a_minted_token(), annotations=ARGO), OTHER),
            Settled(Phase.FAILED, Reason.CREDENTIAL_REPLACED, RECORDED, WITHDRAWN),
            id="a token of Git dies under another credential of the name, and stays",
        ),
        pytest.param(
            observed(a_token(generation=2, status=failed(Reason.PENDING_TOO_LONG).status)),
            Settled(Phase.FAILED, Reason.PENDING_TOO_LONG, KEEP),
            id="an edit does not revive what waited too long",
        ),
        pytest.param(
            observed(replace(failed(Reason.TTL_TOO_LONG), spec=a_token(revoked=True).spec, generation=2)),
            Settled(Phase.REVOKED, Reason.REVOKED, KEEP),
            id="what failed can be revoked",
        ),
    ],
)
def test_a_status_is_written(case: Observed, expected: Settled) -> None:
    decision = decide(case, NOW)

    assert isinstance(decision, WriteStatus)
    ready = find(decision.status.conditions, "Ready")
    delivery = decision.status.delivery
    assert ready is not None
    assert decision.status.observed_generation == case.token.generation
    state = None if delivery is None else delivery.state
    phase = decision.status.phase or Phase.PENDING
    assert Settled(phase, Reason(ready.reason), decision.cleanup, state) == expected


def test_what_waited_too_long_fails_even_where_no_status_says_what_it_waited_for() -> None:
    token = waiting(HOUR)
    told = replace(token, status=replace(token.status, conditions=()))

    decision = decide(observed(told), NOW)

    assert isinstance(decision, WriteStatus)
    ready = find(decision.status.conditions, "Ready")
    assert ready is not None
    assert ready.message == "No token was minted within 1 hour. Delete this ApiToken and create it again."


def test_a_restored_token_is_minted_once_its_mark_is_gone_however_long_that_took() -> None:
    token = a_token(labels=VELERO)
    decision = decide(observed(token), NOW)
    assert isinstance(decision, WriteStatus)
    assert decision.status.pending_since is None

    later = replace(token, status=decision.status, labels={})

    assert decide(observed(later), NOW + 90 * DAY) == Mint(GENTLE)


def test_an_expired_token_stays_expired_when_the_clock_is_set_back() -> None:
    token = a_minted_token(issued_at=NOW - 30 * DAY, state=WITHDRAWN)
    decision = decide(observed(token), NOW)
    assert isinstance(decision, WriteStatus)

    assert decide(observed(replace(token, status=decision.status)), NOW - DAY) == InSync()


def test_a_revoked_token_stays_revoked_when_the_spec_is_forced_back() -> None:
    token = a_minted_token(a_token(revoked=True))
    decision = decide(observed(token), NOW)
    assert isinstance(decision, WriteStatus)

    forced = replace(token, status=decision.status, spec=replace(token.spec, revoked=False))

    assert decide(observed(forced), NOW) == InSync()


@pytest.mark.parametrize(
    ("case", "stalled"),
    [
        pytest.param(observed(a_token(ttl=9000 * HOUR)), True, id="a person must correct what was refused"),
        pytest.param(observed(a_token(labels=VELERO)), True, id="a person must decide about what was restored"),
        pytest.param(observed(a_token(), None), False, id="what waits needs nobody"),
        pytest.param(observed(a_token(revoked=True)), False, id="what was revoked needs nobody"),
    ],
)
def test_stalled_says_whether_a_person_must_act(case: Observed, stalled: bool) -> None:  # noqa: FBT001 - a column
    decision = decide(case, NOW)

    assert isinstance(decision, WriteStatus)
    assert is_true(decision.status.conditions, "Stalled") is stalled


def test_no_time_moves_in_a_condition_that_says_the_same() -> None:
    token = a_minted_token(issued_at=NOW - HOUR)
    decision = decide(observed(token), NOW)
    assert isinstance(decision, WriteStatus)

    before, after = find(token.status.conditions, "Ready"), find(decision.status.conditions, "Ready")

    assert before == after


def test_a_token_that_ended_without_a_mint_is_fenced_first_and_then_its_leftover_goes() -> None:
    first = decide(observed(a_token(revoked=True)), NOW)
    assert isinstance(first, WriteStatus)
    second = decide(observed(a_token(revoked=True, status=first.status)), NOW)
    assert isinstance(second, WriteStatus)

    assert (first.cleanup, second.cleanup) == (SecretCleanup.KEEP, SecretCleanup.DELETE_LEFTOVER)
    assert isinstance(decide(observed(a_token(revoked=True, status=second.status)), NOW), InSync)
