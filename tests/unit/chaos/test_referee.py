"""What the referee of the fault bench calls a broken promise, and what it lets pass."""

from __future__ import annotations

from math import inf

import pytest

from tests.chaos.history import EVERYBODY, Answer, Disturbance, Fact, FactKind, History, Kept, Life, Standing
from tests.chaos.referee import Bounds, violations

BOUNDS = Bounds(at_once=2, cut_off=12, recovery=15)
DISTURBED = Disturbance(99, 101, "verifier-1")
ENDED, EXPIRED, HELD, RELEASED = FactKind.ENDED, FactKind.EXPIRED, FactKind.HELD, FactKind.RELEASED


def fact(kind: FactKind, sent: float, done: float | None = None) -> Fact:
    """Done a tenth of a second after it was sent, unless told otherwise."""
    return Fact(kind, sent, sent + 0.1 if done is None else done, "changed")


def brought_forward(sent: float, *, to: float) -> Fact:
    return Fact(EXPIRED, sent, sent + 0.1, "brought forward", ends_at=to)


def a_life(*facts: Fact, credential_facts: tuple[Fact, ...] = ()) -> Life:
    return Life("ci", "uid-1", "pharia_x", born=0, facts=list(facts), credential_facts=list(credential_facts))


def judged(life: Life, *disturbances: Disturbance) -> list[str]:
    return violations(History(lives=[life], disturbances=list(disturbances)), BOUNDS)


def answer(status: int, at: float, *, ready: bool = False) -> Answer:
    return Answer("verifier-1", at, at + 0.01, status, ready)


@pytest.mark.parametrize(
    ("facts", "at", "expected"),
    [
        pytest.param([], 1.9, Standing.UNSURE, id="nobody need know of it yet"),
        pytest.param([], 2, Standing.GOOD, id="nothing has happened"),
        pytest.param([fact(ENDED, 10)], 9.9, Standing.GOOD, id="before its end"),
        pytest.param([fact(ENDED, 10)], 10, Standing.UNSURE, id="an end was sent"),
        pytest.param([fact(ENDED, 10)], 12.1, Standing.DEAD, id="an end must be known"),
        pytest.param([fact(ENDED, 10, inf)], 99, Standing.UNSURE, id="an end without an answer"),
        pytest.param([fact(ENDED, 10, inf), fact(ENDED, 20)], 23, Standing.DEAD, id="the second try was answered"),
        pytest.param([brought_forward(5, to=14)], 9.9, Standing.GOOD, id="its end is set, and not there"),
        pytest.param([brought_forward(5, to=14)], 10.1, Standing.UNSURE, id="clocks may be apart"),
        pytest.param([brought_forward(5, to=14)], 15.9, Standing.UNSURE, id="just after its end"),
        pytest.param([brought_forward(5, to=14)], 16, Standing.DEAD, id="after its end"),
        pytest.param([brought_forward(10, to=10.5)], 12.4, Standing.UNSURE, id="its end came at once"),
        pytest.param([brought_forward(10, to=10.5)], 12.5, Standing.DEAD, id="its end is known, and over"),
        pytest.param([fact(HELD, 10)], 11, Standing.UNSURE, id="just suspended"),
        pytest.param([fact(HELD, 10)], 13, Standing.DEAD, id="suspended"),
        pytest.param([fact(HELD, 10), fact(RELEASED, 20)], 21, Standing.UNSURE, id="just resumed"),
        pytest.param([fact(HELD, 10), fact(RELEASED, 20)], 23, Standing.GOOD, id="resumed"),
        pytest.param([fact(HELD, 10, inf), fact(RELEASED, 20)], 23, Standing.UNSURE, id="perhaps suspended late"),
    ],
)
def test_what_is_true_of_a_token(facts: list[Fact], at: float, expected: Standing) -> None:
    assert a_life(*facts).standing(at, bound=2) is expected
    assert a_life(credential_facts=tuple(facts)).standing(at, bound=2) is expected


@pytest.mark.parametrize(
    ("life", "given", "told"),
    [
        pytest.param(a_life(), answer(200, 100), "", id="good and accepted"),
        pytest.param(a_life(), answer(401, 100), "refused although it was good", id="good and refused"),
        pytest.param(a_life(), answer(403, 100), "refused although it was good", id="good and forbidden"),
        pytest.param(a_life(), answer(401, 1), "", id="refused where nobody need know it"),
        pytest.param(a_life(), answer(503, 100), "", id="not decided on by one that is not ready"),
        pytest.param(a_life(), answer(503, 100, ready=True), "not decided on", id="not decided on by a ready one"),
        pytest.param(a_life(), answer(0, 100), "", id="no answer at all"),
        pytest.param(a_life(fact(ENDED, 90)), answer(401, 100), "", id="dead and refused"),
        pytest.param(a_life(fact(ENDED, 90)), answer(200, 92), "", id="dead, and not yet heard of"),
        pytest.param(a_life(fact(ENDED, 90)), answer(200, 93), "accepted although it was dead", id="dead"),
        pytest.param(a_life(fact(ENDED, 90, inf)), answer(200, 99), "", id="perhaps dead and accepted"),
        pytest.param(a_life(fact(ENDED, 90, inf)), answer(401, 99), "", id="perhaps dead and refused"),
        pytest.param(a_life(brought_forward(80, to=90)), answer(200, 92), "accepted although", id="expired"),
        pytest.param(a_life(fact(HELD, 90)), answer(200, 93), "accepted although it was dead", id="suspended"),
        pytest.param(a_life(fact(HELD, 80), fact(RELEASED, 90)), answer(401, 93), "refused although", id="resumed"),
    ],
)
def test_what_is_a_broken_promise(life: Life, given: Answer, told: str) -> None:
    life.answers[:] = [given]

    found = judged(life)

    assert [told in violation for violation in found] == ([True] if told else [])


@pytest.mark.parametrize(
    ("asked", "disturbance", "broken"),
    [
        pytest.param(95, DISTURBED, True, id="before the fault"),
        pytest.param(100, DISTURBED, False, id="during the fault"),
        pytest.param(101.9, DISTURBED, False, id="its view may still be old"),
        pytest.param(102.2, DISTURBED, True, id="no view may be that old"),
        pytest.param(100, Disturbance(99, 101, EVERYBODY), False, id="everybody was disturbed"),
        pytest.param(100, Disturbance(99, 101, "verifier-2"), True, id="another one was disturbed"),
        pytest.param(100, Disturbance(70, 84, "verifier-1"), True, id="it has recovered from an earlier fault"),
    ],
)
def test_a_disturbed_verifier_may_be_as_late_as_its_view_may_be_old(
    asked: float, disturbance: Disturbance, *, broken: bool
) -> None:
    life = a_life(fact(ENDED, 90))
    life.answers[:] = [answer(200, asked)]

    assert bool(judged(life, disturbance)) is broken


def test_an_end_by_the_clock_wants_no_news_so_a_disturbed_verifier_keeps_it_too() -> None:
    life = a_life(brought_forward(80, to=90))
    life.answers[:] = [answer(200, 95)]

    assert "accepted although it was dead" in judged(life, Disturbance(89, 94, "verifier-1"))[0]


@pytest.mark.parametrize(
    ("asked", "broken"),
    [
        pytest.param(102, False, id="its view may be from before the change"),
        pytest.param(102.2, True, id="no view may be that old"),
    ],
)
def test_that_an_end_was_brought_forward_is_news(asked: float, *, broken: bool) -> None:
    life = a_life(brought_forward(90, to=94))
    life.answers[:] = [answer(200, asked)]

    assert bool(judged(life, DISTURBED)) is broken


def test_an_answer_during_which_an_end_begins_may_be_either() -> None:
    life = a_life(fact(ENDED, 100.005))
    life.answers[:] = [answer(401, 100)]

    assert judged(life) == []


def test_a_token_with_two_ids_was_minted_twice() -> None:
    history = History()
    history.token_ids["uid-1"] |= {"a", "b"}
    history.token_ids["uid-2"] |= {"c"}

    assert violations(history, BOUNDS) == ["the token uid-1 was minted 2 times: a, b"]


def test_a_violation_tells_what_had_happened_and_never_the_secret() -> None:
    life = a_life(fact(ENDED, 90))
    life.answers[:] = [answer(200, 95)]

    (told,) = judged(life)

    assert told == (
        "ci (uid-1) was accepted although it was dead, by verifier-1, asked 95.000 answered 95.010: "
        "changed sent 90.000 done 90.100; collected 0.000"
    )
    assert "pharia_x" not in repr(life)


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        pytest.param([(1, "a"), (2, "b"), (3, "c")], [], id="rising"),
        pytest.param([(1, "a"), (1, "a")], [], id="seen twice"),
        pytest.param([(1, "a"), (1, "b")], ["revision 1 was the tokens ['a', 'b']"], id="two tokens"),
        pytest.param([(1, "a"), (2, "a")], ["token a was the revisions [1, 2]"], id="two numbers"),
        pytest.param([(2, "b"), (1, "a")], ["the Secret secret-1 fell from revision 2 to 1"], id="falling"),
    ],
)
def test_a_kept_secret_rises_one_token_a_number(seen: list[tuple[int, str]], told: list[str]) -> None:
    kept = {Kept("keeper-1", "secret-1", revision, token_id): None for revision, token_id in seen}

    assert violations(History(kept=kept), BOUNDS) == told


def test_after_somebody_deleted_it_another_secret_may_begin_anywhere() -> None:
    kept = {Kept("keeper-1", "secret-1", 2, "b"): None, Kept("keeper-1", "secret-2", 1, "a"): None}

    assert violations(History(kept=kept), BOUNDS) == []


@pytest.mark.parametrize(("ended", "told"), [(False, ["app-1 was made 2 times: uid-1, uid-2"]), (True, [])])
def test_a_token_of_a_workload_token_is_made_once_unless_a_person_ended_it(*, ended: bool, told: list[str]) -> None:
    history = History()
    history.children["keeper-1", "app-1"] |= {"uid-1", "uid-2"}
    if ended:
        history.facts["uid-1"].append(fact(ENDED, 1))

    assert violations(history, BOUNDS) == told


def test_a_token_whose_workload_token_was_deleted_may_end_at_any_moment() -> None:
    life = a_life()
    life.keeper_facts.append(Fact(ENDED, 100, inf, "WorkloadToken deleted"))

    assert life.standing(99, bound=2) is Standing.GOOD
    assert life.standing(200, bound=2) is Standing.UNSURE
