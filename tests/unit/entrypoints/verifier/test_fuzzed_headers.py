"""Some thousand heads with tokens and models in any header; `make fuzz` sends a million headers."""

from tests.support.verifier.fuzzed_headers import HeaderFuzzer


async def test_every_answer_is_that_of_the_reference() -> None:
    fuzzer = HeaderFuzzer()

    for seed in range(1500):
        await fuzzer.sequence(seed)

    assert fuzzer.tally.headers > 5000
    assert set(fuzzer.tally.statuses) == {200, 400, 401, 403}
    assert fuzzer.tally.at_once > fuzzer.tally.checks // 2
