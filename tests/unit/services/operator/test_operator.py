"""One piece of work: whatever goes wrong with it is counted, tried again where that may help, and never raised."""

import asyncio
from datetime import timedelta
from itertools import repeat

import pytest

from pharia_access import errors
from pharia_access.domain.api_values import InvalidObject, OneTimeSecret
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.reasons import Phase
from pharia_access.errors import (
    AccessError,
    ConflictError,
    ForbiddenError,
    InvalidObjectError,
    UnavailableError,
)
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.builders.domain_objects import CREDENTIAL, NOW, TEXT, TOKEN
from tests.support.fakes.scripted_faults import Call, Fault, Script
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.live_operator_harness import LiveOperatorHarness

WORK = WorkItem("token", TOKEN)
OURS = [getattr(errors, name) for name in errors.__all__ if name.endswith("Error")]
BROKEN = InvalidObject("ApiToken", TOKEN, "token-1", "7", 1, "spec.ttl: no")


def failing(*mistakes: Exception, at: str = "write_token_status") -> Script:
    """One after the other, at the calls of this verb."""
    return Script(by_verb=[(at, Fault(before=error)) for error in mistakes])


async def next_try(live: LiveOperatorHarness) -> float | None:
    """After how many seconds there is work again, None where there is none within a quarter of an hour."""
    began = live.clock.monotonic()
    try:
        work = await asyncio.wait_for(live.replica.queue.get(), 900)
    except TimeoutError:
        return None
    live.replica.queue.done(work)
    return round(live.clock.monotonic() - began, 3)


@simulated
async def test_work_that_goes_well_is_done_and_over(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    live.create("ci")

    await live.operator.handle(WORK)

    assert live.phases() == {"ci": Phase.ACTIVE}
    assert live.replica.metrics.outcomes == {("ApiToken", "done"): 1}
    assert await next_try(live) is None


@pytest.mark.parametrize("kind", [kind for kind in OURS if kind is not InvalidObjectError])
@simulated
async def test_every_error_of_ours_is_counted_by_its_name_and_tried_again(
    clock: FakeClock, kind: type[AccessError]
) -> None:
    live = LiveOperatorHarness(clock, failing(kind("no")))
    live.create("ci")

    await live.operator.handle(WORK)

    assert live.replica.metrics.outcomes == {("ApiToken", errors.label_of(kind)): 1}
    assert await next_try(live) == 0.2


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(RuntimeError("no"), id="a defect"),
        pytest.param(KeyError("no"), id="something missing"),
        pytest.param(TimeoutError(), id="a timeout that nobody translated"),
        pytest.param(ExceptionGroup("no", [ValueError("no")]), id="several at once"),
    ],
)
@simulated
async def test_what_nobody_foresaw_is_a_fault_and_tried_again(clock: FakeClock, error: Exception) -> None:
    live = LiveOperatorHarness(clock, failing(error))
    live.create("ci")

    await live.operator.handle(WORK)

    assert live.replica.metrics.outcomes == {("ApiToken", "fault"): 1}
    assert await next_try(live) == 0.2


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(7.0, 7.0, id="as long as the server asks"),
        pytest.param(0.05, 0.2, id="but never sooner than after any failure"),
        pytest.param(86_400.0, 60.0, id="but never longer than a minute"),
        pytest.param(None, 0.2, id="as after any failure where it asks for nothing"),
    ],
)
@simulated
async def test_a_throttled_request_waits(clock: FakeClock, asked: float | None, expected: float) -> None:
    live = LiveOperatorHarness(clock, failing(UnavailableError("429", retry_after=asked), at="read_token"))
    live.create("ci")

    await live.operator.handle(WORK)

    assert await next_try(live) == expected


@simulated
async def test_each_failure_waits_longer_until_it_goes_well_once(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock, failing(*repeat(ForbiddenError("403"), 10), at="read_token"))
    live.create("ci")
    waits = []
    for _ in range(10):
        await live.operator.handle(WORK)
        waits.append(await next_try(live))
    await live.operator.handle(WORK)
    live.diary.faults = failing(ForbiddenError("403"), at="read_token")

    await live.operator.handle(WORK)

    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60.0]
    assert await next_try(live) == 0.2


@simulated
async def test_a_secret_of_somebody_elses_is_looked_at_again_in_half_a_minute(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    token = live.create("ci")
    live.store.foreign_secrets.add(ObjectKey(token.key.namespace, token.spec.secret_name))

    await live.operator.handle(WORK)

    assert live.replica.metrics.outcomes == {("ApiToken", "done"): 1}
    assert await next_try(live) == 30


@simulated
async def test_the_text_of_a_foreign_error_is_not_logged(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    live = LiveOperatorHarness(
        clock, failing(ValueError("may quote a secret"), ConflictError("ours"), ForbiddenError("ours too"))
    )
    live.create("ci")
    for _ in range(3):
        await live.operator.handle(WORK)

    told = [(vars(record)["error"], vars(record)["problem"]) for record in caplog.records if "error" in vars(record)]

    assert told == [("ValueError", ""), ("DeniedError", "ours too")]
    assert "may quote a secret" not in caplog.text


@simulated
async def test_an_object_that_cannot_be_understood_is_told_so_and_not_tried_again(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    live.store.malformed[TOKEN] = BROKEN
    live.replica.cache.apply_invalid(BROKEN)

    await live.operator.handle(WORK)

    assert live.store.told_malformed == [BROKEN]
    assert live.replica.metrics.outcomes == {("ApiToken", "malformed"): 1}
    assert await next_try(live) is None


@simulated
async def test_where_only_its_credential_cannot_be_understood_a_token_waits_and_says_so(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock, failing(*[InvalidObjectError("spec.roles: no")] * 2, at="read_credential"))
    live.create("ci")

    await live.operator.handle(WORK)

    assert live.store.told_malformed == []
    assert live.diary.writes() == ["write_token_status"]
    assert live.phases() == {"ci": Phase.PENDING}
    assert live.replica.metrics.outcomes == {("ApiToken", "done"): 1}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(UnavailableError("429", retry_after=3), 3.0, id="a throttled server"),
        pytest.param(ConflictError("409"), 0.2, id="a change meanwhile"),
        pytest.param(AttributeError("no"), 0.2, id="an object so odd that telling it fails too"),
    ],
)
@simulated
async def test_telling_an_object_what_is_wrong_with_it_is_tried_again(
    clock: FakeClock, error: Exception, expected: float
) -> None:
    live = LiveOperatorHarness(clock, failing(error, at="write_invalid_status"))
    live.store.malformed[TOKEN] = BROKEN
    live.replica.cache.apply_invalid(BROKEN)

    await live.operator.handle(WORK)
    assert await next_try(live) == expected
    await live.operator.handle(WORK)

    assert live.store.told_malformed == [BROKEN]
    assert await next_try(live) is None


@simulated
async def test_work_that_is_called_off_ends_uncounted(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock)
    live.create("ci")

    async def never(_call: Call) -> None:
        await asyncio.sleep(3600)

    live.replica.cluster.turn = never
    task = asyncio.create_task(live.operator.handle(WORK))
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.wait({task})

    assert task.cancelled()
    assert live.replica.metrics.outcomes == {}


@simulated
async def test_a_credentials_work_writes_its_status_and_is_counted_as_such(clock: FakeClock) -> None:
    live = LiveOperatorHarness(clock, failing(ConflictError("409"), at="write_credential_status"))
    await live.operator.sync_cache()
    work = WorkItem("credential", CREDENTIAL)

    await live.operator.handle(work)
    await live.operator.handle(work)

    assert live.store.credentials[CREDENTIAL].status.observed_generation == 1
    assert live.replica.metrics.outcomes == {("ApiCredential", "ConflictError"): 1, ("ApiCredential", "done"): 1}


@pytest.mark.parametrize(("uid", "left"), [("secret-1", 0), ("secret-2", 1)])
@simulated
async def test_of_the_secrets_left_behind_only_that_very_one_is_deleted(clock: FakeClock, uid: str, left: int) -> None:
    live = LiveOperatorHarness(clock)
    key = ObjectKey("finance", "ci-token")
    made = NOW - timedelta(hours=1)
    secret = OneTimeSecret(key, "secret-1", made, immutable=True, token_uid="gone", token_name="ci", text=TEXT)
    live.store.put_secret(secret, owner_uid="gone")

    await live.operator.handle(WorkItem("secret", key, uid))

    assert len(live.store.secrets) == left
    assert await next_try(live) is None
