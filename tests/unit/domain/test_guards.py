"""Which guards hold, as a table: what was seen, and what is wrong with it."""

import pytest

from pharia_access.domain.guards import Guard, GuardFault, Look, Sighting, faults_of

GUARD = Guard("mint-tokens", 3, {"rules": "strict", "match": "all"}, likeness="on tokens")
OURS = "mint-tokens.access.pharia.ai"


def seen(
    name: str = OURS,
    *,
    guard: str = "mint-tokens",
    edition: int = 3,
    rules: str = "strict",
    match: str = "all",
    likeness: str = "on tokens",
    loophole: str = "",
) -> Sighting:
    return Sighting(name, guard, edition, {"rules": rules, "match": match}, likeness, loophole)


def look(*sightings: Sighting, admitted: bool = False, refused: bool = False) -> Look:
    tried = frozenset({GUARD.name})
    return Look(sightings, tried if admitted else frozenset(), tried if refused else frozenset())


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(look(seen()), id="as released"),
        pytest.param(look(seen("acme", guard="")), id="under another name, without a label"),
        pytest.param(look(seen(edition=0)), id="as released, with its mark taken away"),
        pytest.param(look(seen(edition=4, rules="stricter")), id="of a newer edition"),
        pytest.param(look(seen("acme", edition=4, rules="stricter")), id="newer, under another name, with a label"),
        pytest.param(look(refused=True), id="not to be found, and a dry run is refused"),
        pytest.param(look(seen(loophole="it warns"), seen("acme", guard="")), id="one of two is whole"),
        pytest.param(look(seen(rules="lax", edition=2), seen("acme", guard="")), id="an old one beside ours"),
    ],
)
def test_it_holds(shown: Look) -> None:
    assert faults_of([GUARD], shown) == ()


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        pytest.param(look(), "it is missing", id="nothing is there"),
        pytest.param(look(seen("acme", guard="", likeness="x", rules="x")), "it is missing", id="somebody else's"),
        pytest.param(look(seen(loophole="it warns")), f"{OURS}: it warns", id="a loophole"),
        pytest.param(
            look(seen(edition=9, loophole="it warns")), f"{OURS}: it warns", id="a loophole in a newer edition"
        ),
        pytest.param(look(seen(rules="lax")), f"{OURS} differs from edition 3 in rules", id="other rules"),
        pytest.param(
            look(seen(rules="lax", match="few")), f"{OURS} differs from edition 3 in match, rules", id="all is other"
        ),
        pytest.param(look(seen(), admitted=True), "it admitted a request that it must refuse", id="a dry run passes"),
        pytest.param(
            look(seen(rules="lax"), refused=True), f"{OURS} differs from edition 3 in rules", id="half as strict"
        ),
    ],
)
def test_it_does_not_hold(shown: Look, why: str) -> None:
    assert faults_of([GUARD], shown) == (GuardFault("mint-tokens", why),)


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(look(seen(edition=2, rules="lax")), id="of an earlier release"),
        pytest.param(look(seen(edition=0, rules="lax")), id="of before there were marks"),
        pytest.param(look(seen(guard="", edition=0, rules="lax")), id="the same under another name"),
        pytest.param(look(seen("acme", rules="lax"), seen(edition=2, rules="lax")), id="beside a weak one"),
    ],
)
def test_an_older_one_is_told_apart(shown: Look) -> None:
    (fault,) = faults_of([GUARD], shown)

    assert fault.older
    assert "this operator needs edition 3" in fault.why


def test_every_guard_is_judged_by_itself() -> None:
    other = Guard("bind-roles", 3, {"rules": "other"})

    assert [fault.guard for fault in faults_of([other, GUARD], look(seen()))] == ["bind-roles"]


CAME_LATER = Guard("mint-workload-tokens", 3, {"rules": "strict"}, companion=GUARD.name)


@pytest.mark.parametrize(
    ("companion", "older"),
    [
        pytest.param(seen(edition=2, rules="lax"), True, id="beside an earlier edition of its companion"),
        pytest.param(seen(), False, id="beside its companion as released"),
        pytest.param(seen(edition=4, rules="stricter"), False, id="beside a newer one"),
        pytest.param(seen(edition=2, rules="lax", loophole="it warns"), False, id="beside one that does not hold"),
    ],
)
def test_a_guard_that_earlier_releases_did_not_have_is_still_to_come(companion: Sighting, *, older: bool) -> None:
    faults = {fault.guard: fault for fault in faults_of([GUARD, CAME_LATER], look(companion))}

    assert faults[CAME_LATER.name] == GuardFault(CAME_LATER.name, "it is missing", older=older)


def test_a_later_guard_that_is_there_and_weak_is_not_still_to_come() -> None:
    weak = seen("own", guard=CAME_LATER.name, rules="lax")

    faults = {fault.guard: fault for fault in faults_of([GUARD, CAME_LATER], look(seen(edition=2, rules="lax"), weak))}

    assert not faults[CAME_LATER.name].older
