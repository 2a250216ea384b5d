"""One answer to "is it usable, and why not": the verifier, the operator and the command line, of the same objects.

Objects are made so that a known objection is the first that holds, in the order that is written here once more.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec
import pytest
from hypothesis import HealthCheck, find, given, settings

from pharia_access.domain import conditions
from pharia_access.domain.administration.judged import judged
from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.lifecycle.bar_rules import report_blocker
from pharia_access.domain.lifecycle.decisions import Decision, DeleteToken, Observed, WriteStatus
from pharia_access.domain.lifecycle.token_rules import decide
from pharia_access.domain.model import Policy
from pharia_access.domain.usability import Facts, objection, unusable
from pharia_access.domain.verdict import RULES, Refusal
from pharia_access.kube.administration.summaries import credential_summary, token_summary
from pharia_access.kube.schema import to_credential, to_token
from pharia_access.kube.verifier import decoding
from pharia_access.services.verifier.freshness import Bounds, Freshness
from pharia_access.services.verifier.hash_verifier import HashVerifier, HashVerifierLimits
from pharia_access.services.verifier.index import Index
from pharia_access.services.verifier.verifier import Denied, Verifier
from tests.support.builders.usability_cases import HOUR, KEYRING, ORDER, TEXT, Case, Json, cases
from tests.support.verifier.verifier_server import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pharia_access.domain.verdict import Rule
    from pharia_access.domain.verdict_facts import CredentialFacts, TokenFacts

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""

Rules = tuple["Rule", ...]
VERDICTS: Final = (None, Refusal.UNKNOWN_TOKEN, *ORDER)
AT_LEAST, EXAMPLES = 100, 110
PROVER: Final = HashVerifier(verify_hash, HashVerifierLimits())


@pytest.fixture(scope="module", autouse=True)
def _close() -> Iterator[None]:
    yield
    PROVER.close()


# What each of them says.


def the_verifiers(case: Case, rules: Rules = RULES) -> Refusal | None:
    """A request with the token's own text."""
    index, freshness = Index(), Freshness(EVERYTHING, Bounds(view=300, contact=30))
    for part in EVERYTHING:
        freshness.mark_fresh(part, 0.0)
    token = decoding.read_token(raw(case.token))
    if token is not None:
        index.put_token(token)
    if case.credential is not None:
        index.put_credential_record(decoding.read_credential(raw(case.credential)))
    verifier = Verifier(
        index=index,
        freshness=freshness,
        hash_verifier=PROVER,
        boottime=lambda: 0.0,
        now=lambda _boottime: case.now.timestamp(),
        rules=rules,
        own_key=bytes(32),
    )
    verifier.use_keyring(KEYRING)
    verdict = verifier.check(TEXT.reveal().encode())
    return verdict.refusal if isinstance(verdict, Denied) else None


def the_operators(case: Case, rules: Rules = RULES) -> Refusal | None:
    token, credential = to_token(case.token, HOUR), case.credential and to_credential(case.credential)
    return objection(Facts.of(token), credential or None, case.now, rules=rules)


def told_at_the_command_line(case: Case) -> str | None:
    credential = None if case.credential is None else credential_summary(case.credential)
    found = judged(token_summary(case.token), credential, case.now).unusable
    return None if found is None else found.reason


def noted(case: Case) -> tuple[bool, str]:
    """What the status says once the operator has looked: whether Active is True, and its reason.

    Of what it deletes, it is what a status says while the deletion must wait.
    """
    token, credential = to_token(case.token, HOUR), case.credential and to_credential(case.credential)
    observed = Observed(token, credential or None, Policy())
    decision: Decision | None = decide(observed, case.now)
    if isinstance(decision, DeleteToken):
        decision = report_blocker(observed, case.now)
    assert isinstance(decision, WriteStatus), decision
    active = conditions.find(decision.status.conditions, "Active")
    assert active is not None
    return active.status == "True", active.reason


def raw(body: Json) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(body).encode())


def agree(case: Case, *, verifiers: Rules = RULES, operators: Rules = RULES) -> bool:
    return the_verifiers(case, verifiers) == the_operators(case, operators)


@pytest.mark.parametrize("verdict", VERDICTS, ids=str)
def test_verifier_operator_and_command_line_say_the_same_and_the_status_follows(verdict: Refusal | None) -> None:
    seen: Counter[Refusal | None] = Counter()

    @given(cases(verdict))
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    def all_agree(case: Case) -> None:
        seen[the_verifiers(case)] += 1
        assert the_verifiers(case) == the_operators(case) == case.verdict
        assert told_at_the_command_line(case) == in_a_status(case)
        if verdict is not Refusal.UNKNOWN_TOKEN:
            usable, reason = noted(case)
            assert usable is (case.verdict is None)
            assert reason in reasons_that_hold(case)

    all_agree()

    assert set(seen) == {verdict}
    assert seen[verdict] >= AT_LEAST


def in_a_status(case: Case) -> str | None:
    """The word for the verdict. Of what is not minted the phase tells, but for a revocation."""
    if case.verdict is Refusal.UNKNOWN_TOKEN:
        return "Revoked" if case.token["spec"].get("revoked") else None
    return None if case.verdict is None else unusable(case.verdict, "invoice-bot").reason


def reasons_that_hold(case: Case) -> set[str]:
    """The words for all that bars the token: a status may name another of them first."""
    left, found = case, set()
    rules = RULES
    while (refusal := the_operators(left, rules)) is not None:
        found.add(unusable(refusal, "invoice-bot").reason)
        rules = tuple(rule for rule in rules if rule not in objecting(left, rules))
    return found or {"Issued"}


def objecting(case: Case, rules: Rules) -> Rules:
    """The first rule that objects."""
    return next((rule,) for rule in rules if the_operators(case, (rule,)) is not None)


def otherwise(rule: Rule) -> Rule:
    """A rule that says the contrary."""

    def contrary(token: TokenFacts, credential: CredentialFacts | None, now: float) -> Refusal | None:
        return Refusal.INSUFFICIENT_SCOPE if rule(token, credential, now) is None else None

    return contrary


def changed(at: int, how: str) -> Rules:
    """The rules with a fault in one of them."""
    before, rule, after = RULES[:at], RULES[at], RULES[at + 1 :]
    match how:
        case "left out":
            return (*before, *after)
        case "the contrary":
            return (*before, otherwise(rule), *after)
        case _:
            return (*before, *after, rule)


SIDES: Final = ("verifiers", "operators")
GONE, SUSPENDED = ORDER.index(Refusal.CREDENTIAL_GONE), ORDER.index(Refusal.CREDENTIAL_SUSPENDED)
EQUIVALENT: Final = {
    (GONE, "left out", "verifiers"),  # without a credential there is nothing to accept: it is looked at once more
    *((GONE, "said last", side) for side in SIDES),  # of a credential that is not there no later rule objects to
    *((SUSPENDED, "said last", side) for side in SIDES),  # it is
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("how", ["left out", "the contrary", "said last"])
@pytest.mark.parametrize("at", range(len(RULES)), ids=[str(one) for one in ORDER])
def test_a_rule_that_is_changed_on_either_side_is_found(at: int, how: str, side: str) -> None:
    if (at, how, side) in EQUIVALENT:
        pytest.skip("nothing depends on it: see EQUIVALENT")
    rules = changed(at, how)

    case = find(
        cases(ORDER[at]) if how != "the contrary" else cases(None),
        lambda one: not agree(one, **{side: rules}),
        settings=settings(max_examples=100, derandomize=True, deadline=None, database=None),
    )

    assert not agree(case, **{side: rules})
    assert agree(case)


def test_the_rules_are_those_that_are_written_here() -> None:
    assert len(RULES) == len(ORDER)
