"""Whatever a stranger sends: no exception but the documented ones, and nobody passes but with the very token."""

from itertools import islice
from random import Random

from tests.support.verifier.mutations import Feeder, mutations
from tests.support.verifier.verifier_server import VerifierServer


def test_no_input_passes_or_breaks_anything() -> None:
    feeder = Feeder(VerifierServer())

    for data in islice(mutations(feeder.seeds, Random(7)), 20_000):  # noqa: S311 - repeatable
        feeder.feed(data)
