"""Whether a view is in contact, and that whatever happens nothing old is accepted."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from pharia_access.services.verifier.freshness import Bounds, Freshness, Part
from tests.support.builders.watched_parts import (
    CREDENTIALS,
    NAMESPACES,
    PARTS,
    ROLES,
    TOKENS,
    of_one_view,
    of_three_namespaces,
)


class TestContact:
    """Whether an unknown ID is of no token, or may be of one that was minted since."""

    def test_each_part_must_have_shown_life_of_late(self) -> None:
        freshness = of_three_namespaces()
        for part in set(PARTS) - {Part("ApiToken", "research")}:
            freshness.alive(part, 1020)

        assert (freshness.in_contact(1030), freshness.in_contact(1030.1)) == (True, False)
        freshness.alive(Part("ApiToken", "research"), 1031)
        assert (freshness.in_contact(1050), freshness.in_contact(1050.1)) == (True, False)

    def test_one_that_lives_and_has_nothing_to_tell_is_no_contact_beyond_the_bound_of_the_view(self) -> None:
        freshness = of_one_view()
        for part in (TOKENS, CREDENTIALS, ROLES):
            freshness.alive(part, 1300)

        assert (freshness.in_contact(1300), freshness.in_contact(1300.1)) == (True, False)

    def test_one_that_was_never_listed_is_no_contact(self) -> None:
        freshness = Freshness((TOKENS,), Bounds(view=300, contact=30))
        freshness.alive(TOKENS, 1000)

        assert not freshness.in_contact(1000)

    def test_one_that_may_not_be_read_does_not_count(self) -> None:
        freshness, part = of_three_namespaces(), Part("ApiToken", "doomed")
        freshness.denied(part, 1001)
        freshness.denied(part, 1003)
        for other in set(PARTS) - {part}:
            freshness.alive(other, 1100)

        assert freshness.in_contact(1100)

    def test_one_that_comes_back_counts_again_and_is_no_contact_before_it_is_listed(self) -> None:
        freshness, part = of_three_namespaces(), Part("ApiToken", "doomed")
        freshness.denied(part, 1001)
        freshness.denied(part, 1003)
        assert freshness.in_contact(1003)

        freshness.alive(part, 1004)
        assert not freshness.in_contact(1004)
        freshness.mark_fresh(part, 1005)
        assert freshness.in_contact(1005)


signs = st.tuples(
    st.sampled_from(["mark_fresh", "alive", "failed", "denied"]), st.sampled_from(PARTS), st.floats(0.125, 60)
)


@given(st.lists(signs, max_size=60))
def test_whatever_happens_nothing_is_accepted_by_a_part_that_is_old_or_lost(
    happened: list[tuple[str, Part, float]],
) -> None:
    """Against a model that keeps nothing but what was told of a part, and judges from that alone."""
    freshness = Freshness(PARTS, Bounds(view=100, contact=30))
    told: dict[Part, list[tuple[str, float]]] = {part: [] for part in PARTS}
    now = 1000.0
    for sign, part, seconds in happened:
        now += seconds
        getattr(freshness, sign)(part, now)
        told[part].append((sign, now))

        for namespace in NAMESPACES:
            rests_on = [told[part] for part in PARTS if part.namespace in {None, namespace}]
            assert freshness.is_fresh(namespace, now) == all(complete_since(now, each) <= 100 for each in rests_on)
        connected = [each for each in told.values() if not lost(each)]
        known = all(complete_since(now, each) <= 100 and since_life(now, each) <= 30 for each in connected)
        assert freshness.in_contact(now) == (known and connected != [])


def lost(told: list[tuple[str, float]]) -> bool:
    denials = [at for sign, at in tail(told) if sign == "denied"]
    return bool(denials) and denials[-1] - denials[0] >= 2


def tail(told: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """What was told after the last sign of life."""
    alive = [number for number, (sign, _) in enumerate(told) if sign in {"mark_fresh", "alive"}]
    return told[alive[-1] + 1 :] if alive else told


def complete_since(now: float, told: list[tuple[str, float]]) -> float:
    """How long ago it was complete: not at all where a loss came after."""
    heard = [number for number, (sign, _) in enumerate(told) if sign == "mark_fresh"]
    if not heard or any(lost(told[: number + 1]) for number in range(heard[-1], len(told))):
        return inf
    return now - told[heard[-1]][1]


def since_life(now: float, told: list[tuple[str, float]]) -> float:
    return now - max((at for sign, at in told if sign in {"mark_fresh", "alive"}), default=-inf)
