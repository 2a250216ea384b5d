"""The token index: what is newer, whose token it is, how many there are, and which Secrets are still open."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.conditions import Condition
from pharia_access.domain.model import ObjectKey, Phase, Token, TokenCounts, TokenStatus
from pharia_access.domain.reasons import DeliveryState
from pharia_access.services.operator.token_index import TokenIndex, TokenRecord, is_newer
from tests.support.builders.domain_objects import CREDENTIAL, NOW, TOKEN, a_minted_token, a_token

OTHER_CREDENTIAL = ObjectKey(CREDENTIAL.namespace, "other-bot")
A, B, C = (ObjectKey("finance", name) for name in "abc")
PHASES: tuple[Phase | None, ...] = (None, *Phase)


def in_phase(phase: Phase | None, key: ObjectKey = TOKEN, *, credential: ObjectKey = CREDENTIAL) -> Token:
    return a_token(key, credential_name=credential.name, status=TokenStatus(phase=phase))


def an_index(*tokens: Token) -> TokenIndex:
    index = TokenIndex()
    for token in tokens:
        index.put(token)
    return index


@pytest.mark.parametrize(
    ("candidate", "known", "expected"),
    [
        pytest.param("10", "9", True, id="versions are numbers, not texts"),
        pytest.param("9", "10", False, id="what is older is not newer"),
        pytest.param("7", "7", False, id="the same is not newer"),
        pytest.param("007", "7", False, id="zeros in front change nothing"),
        pytest.param("a1", "7", True, id="what is no number counts as newer"),
        pytest.param("7", "a1", True, id="also after something that is no number"),
        pytest.param("a1", "a1", False, id="but not after itself"),
        pytest.param("", "7", True, id="no version at all is not older"),
    ],
)
def test_which_of_two_versions_is_newer(candidate: str, known: str, *, expected: bool) -> None:
    assert is_newer(candidate, known) is expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        pytest.param("4", True, id="an older state is known"),
        pytest.param("5", True, id="the same state is known"),
        pytest.param("6", False, id="a later state is not"),
    ],
)
def test_a_state_of_a_token_is_known_once_it_or_a_later_one_was_seen(version: str, *, expected: bool) -> None:
    index = an_index(a_token(resource_version="5"))

    assert index.has_version(TOKEN, version) is expected


def test_nothing_is_known_of_a_token_that_was_never_seen_or_went() -> None:
    index = an_index(a_token(resource_version="5"))
    index.remove(TOKEN)

    assert not index.has_version(TOKEN, "1")
    assert index.get(TOKEN) is None
    assert len(index) == 0


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        pytest.param(a_token(), None, id="nothing was minted"),
        pytest.param(a_minted_token(), ("ci-token", "secret-1"), id="it waits to be read"),
        pytest.param(a_minted_token(state=DeliveryState.COLLECTED), None, id="it was collected"),
        pytest.param(a_minted_token(state=DeliveryState.WITHDRAWN), None, id="it was withdrawn"),
    ],
)
def test_a_secret_is_open_only_while_it_waits_to_be_read(token: Token, expected: tuple[str, str] | None) -> None:
    assert TokenRecord.of(token).open_secret == expected


def test_a_record_says_whose_token_it_is_and_which_state_of_it() -> None:
    record = TokenRecord.of(a_minted_token(a_token(uid="token-7", resource_version="9")))

    assert record == TokenRecord(
        "token-7", "9", CREDENTIAL, Phase.ACTIVE, ("ci-token", "secret-1"), holds_place=True, created=NOW.timestamp()
    )


@pytest.mark.parametrize(
    ("phase", "stalled", "expected"),
    [
        pytest.param(None, False, True, id="asked for"),
        pytest.param(Phase.PENDING, False, True, id="waiting"),
        pytest.param(Phase.PENDING, True, False, id="stuck until a person acts"),
        pytest.param(Phase.ACTIVE, False, True, id="active"),
        pytest.param(Phase.EXPIRED, False, False, id="expired"),
        pytest.param(Phase.REVOKED, False, False, id="revoked"),
        pytest.param(Phase.FAILED, True, False, id="failed"),
    ],
)
def test_a_token_holds_a_place_while_it_is_active_or_may_become_so(
    phase: Phase | None,
    *,
    stalled: bool,
    expected: bool,
) -> None:
    condition = Condition("Stalled", "True" if stalled else "False", "SecretConflict", "Words.", 1, NOW)
    status = TokenStatus(phase=phase, conditions=(condition,))

    assert TokenRecord.of(a_token(status=status)).holds_place is expected


@pytest.mark.parametrize("phase", [None, Phase.PENDING], ids=["unseen", "pending"])
@pytest.mark.parametrize(
    "token",
    [
        pytest.param(a_token(revoked=True), id="revoked"),
        pytest.param(a_token(deleting=True), id="being deleted"),
        pytest.param(a_token(revoked=True, deleting=True), id="both"),
    ],
)
def test_a_token_that_will_never_be_minted_keeps_nobody_waiting(token: Token, phase: Phase | None) -> None:
    record = TokenRecord.of(replace(token, status=TokenStatus(phase=phase)))

    assert (record.holds_place, record.waits) == (False, False)


def test_putting_and_dropping_a_token_give_back_what_was_known() -> None:
    index, first, second = TokenIndex(), a_token(resource_version="1"), a_token(resource_version="2")

    assert index.put(first) == (None, TokenRecord.of(first))
    assert index.put(second) == (TokenRecord.of(first), TokenRecord.of(second))
    assert index.remove(TOKEN) == TokenRecord.of(second)
    assert index.remove(TOKEN) is None


def test_a_token_without_a_status_counts_as_pending() -> None:
    index = an_index(in_phase(None, A), in_phase(Phase.PENDING, B), in_phase(Phase.ACTIVE, C))

    assert index.counts(CREDENTIAL) == TokenCounts(active=1, pending=2)
    assert index.totals() == {Phase.PENDING: 2, Phase.ACTIVE: 1}
    assert index.of_credential(CREDENTIAL, Phase.PENDING) == (A, B)


@pytest.mark.parametrize("phase", list(Phase))
def test_each_phase_is_counted_under_its_own_name(phase: Phase) -> None:
    index = an_index(in_phase(phase))

    assert index.counts(CREDENTIAL) == replace(TokenCounts(), **{phase.lower(): 1})
    assert index.counts(OTHER_CREDENTIAL) == TokenCounts()


def test_a_token_created_again_under_another_credential_counts_there_alone() -> None:
    index = an_index(in_phase(Phase.ACTIVE))
    index.put(in_phase(Phase.ACTIVE, credential=OTHER_CREDENTIAL))

    assert (index.of_credential(CREDENTIAL), index.of_credential(OTHER_CREDENTIAL)) == ((), (TOKEN,))
    assert index.counts(CREDENTIAL) == TokenCounts()
    assert index.counts(OTHER_CREDENTIAL) == TokenCounts(active=1)


def test_a_credential_of_the_same_name_elsewhere_is_another() -> None:
    elsewhere = ObjectKey("sales", TOKEN.name)
    index = an_index(in_phase(Phase.ACTIVE), in_phase(Phase.EXPIRED, elsewhere))

    assert index.of_credential(CREDENTIAL) == (TOKEN,)
    assert index.of_credential(ObjectKey("sales", CREDENTIAL.name)) == (elsewhere,)


def test_totals_are_a_copy() -> None:
    index = an_index(in_phase(Phase.ACTIVE))

    index.totals().clear()

    assert index.totals() == {Phase.ACTIVE: 1}


@given(
    st.lists(
        st.tuples(
            st.sampled_from([A, B, C]),
            st.sampled_from(["drop", *PHASES]),
            st.sampled_from([CREDENTIAL, OTHER_CREDENTIAL]),
        ),
        max_size=30,
    )
)
def test_counts_are_those_of_what_is_there(steps: list[tuple[ObjectKey, Phase | str | None, ObjectKey]]) -> None:
    index = TokenIndex()
    there: dict[ObjectKey, tuple[Phase, ObjectKey]] = {}
    for key, step, credential in steps:
        if step == "drop":
            index.remove(key)
            there.pop(key, None)
        else:
            phase = None if step is None else Phase(step)
            index.put(in_phase(phase, key, credential=credential))
            there[key] = (phase or Phase.PENDING, credential)

    assert sorted(index.keys) == sorted(there)
    assert +index.totals() == Counter(phase for phase, _ in there.values())
    for credential in (CREDENTIAL, OTHER_CREDENTIAL):
        of_it = {key: phase for key, (phase, holder) in there.items() if holder == credential}
        counts = Counter(phase.lower() for phase in of_it.values())
        assert index.counts(credential) == replace(TokenCounts(), **counts)
        assert sorted(index.of_credential(credential)) == sorted(of_it)
        for phase in Phase:
            assert set(index.of_credential(credential, phase)) == {key for key, held in of_it.items() if held is phase}
