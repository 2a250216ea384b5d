"""The places that are taken, counted as tokens come and go, beside a recount."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.model import ObjectKey
from pharia_access.services.operator.active_places import ActivePlaces

CREDENTIALS = [ObjectKey("finance", "invoice-bot"), ObjectKey("finance", "other")]
KEEPERS = ["", "one", "two"]
TOKENS = st.lists(st.tuples(st.sampled_from(CREDENTIALS), st.sampled_from(KEEPERS)), max_size=12)


def recounted(tokens: list[tuple[ObjectKey, str]], credential: ObjectKey) -> int:
    keepers = [keeper for of, keeper in tokens if of == credential]
    return keepers.count("") + len(set(keepers) - {""})


@given(TOKENS, st.randoms(use_true_random=False))
def test_each_token_takes_a_place_and_all_of_one_keeper_take_one(
    tokens: list[tuple[ObjectKey, str]], rng: Random
) -> None:
    places = ActivePlaces()
    for token in tokens:
        places.take(*token)
    left = list(tokens)

    while True:
        assert [places.taken(it) for it in CREDENTIALS] == [recounted(left, it) for it in CREDENTIALS]
        assert {(it, keeper) for it in CREDENTIALS for keeper in KEEPERS if places.has(it, keeper)} == {
            token for token in left if token[1]
        }
        if not left:
            return
        places.free(*left.pop(rng.randrange(len(left))))
