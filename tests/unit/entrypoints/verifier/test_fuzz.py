"""Whatever a stranger sends: no exception but the documented ones, and nobody passes but with the very token."""

from itertools import islice
from random import Random

from tests.support.http_door import Door
from tests.support.mutations import Feeder, mutations


def test_no_input_passes_or_breaks_anything() -> None:
    feeder = Feeder(Door())

    for data in islice(mutations(feeder.seeds, Random(7)), 20_000):  # noqa: S311 - repeatable
        feeder.feed(data)
