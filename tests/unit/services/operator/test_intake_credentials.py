"""What is seen of credentials and roles: whose tokens and holders are asked again, and whose need not be."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pharia_access.domain.api_values import InvalidObject, Kind
from pharia_access.domain.model import ObjectKey, Phase, TokenPolicy, TokenStatus
from pharia_access.domain.permissions import Permission
from pharia_access.services.operator.intake import Intake
from pharia_access.services.operator.work_queue import WorkItem
from tests.support.builders.domain_objects import CREDENTIAL, TOKEN, a_credential, a_minted_token, a_role, a_token
from tests.support.fakes.virtual_time import FakeClock, simulated
from tests.support.harness.operator_harness import OperatorHarness, drained

EVERY_PHASE = ["active", "expired", "failed", "pending", "revoked", "unseen"]
WAITING = ["pending", "unseen"]
LIVING = ["active", *WAITING]
ITSELF = WorkItem("credential", CREDENTIAL)
LATER = "99"
DAY = timedelta(days=1)


@pytest.fixture
def harness() -> OperatorHarness:
    """Under the credential there is a token in each phase, and one without."""
    harness = OperatorHarness(FakeClock())
    harness.replica.intake.acting = False
    for phase in (None, *Phase):
        name = "unseen" if phase is None else phase.lower()
        status = TokenStatus(phase=phase)
        harness.replica.intake.token_seen(a_token(ObjectKey(CREDENTIAL.namespace, name), status=status))
    harness.replica.intake.acting = True
    return harness


async def forget_what_was_seen(harness: OperatorHarness) -> None:
    """Nothing is left undone."""
    harness.replica.intake.take_over()
    await drained(harness.replica.queue)


async def asked(harness: OperatorHarness) -> tuple[list[str], int]:
    """Which tokens are asked again, and for how many credentials there is work."""
    works = await drained(harness.replica.queue)
    tokens = sorted(work.key.name for work in works if work.kind == "token")
    return tokens, sum(work.kind == "credential" for work in works)


@pytest.mark.parametrize(
    ("changes", "tokens", "credentials"),
    [
        pytest.param({"generation": 2, "roles": ("admin",)}, [], 1, id="other roles concern its status alone"),
        pytest.param({"generation": 2, "suspended": True}, LIVING, 1, id="a suspension concerns all that are not over"),
        pytest.param({"generation": 2, "policy": TokenPolicy(max_ttl=DAY)}, WAITING, 1, id="its policy who waits"),
        pytest.param({"generation": 2, "policy": TokenPolicy(max_tokens=3)}, [], 1, id="a limit, whom it lets go"),
        pytest.param({"deleting": True}, LIVING, 0, id="so does its deletion"),
        pytest.param({"status": a_credential().status}, [], 0, id="an echo of our own status concerns nobody"),
        pytest.param({"uid": "uid-2"}, EVERY_PHASE, 1, id="another one of the name concerns all"),
    ],
)
@simulated
async def test_a_change_of_a_credential_asks_again_those_whom_it_concerns(
    harness: OperatorHarness, intake: Intake, changes: dict[str, object], tokens: list[str], credentials: int
) -> None:
    changed = replace(harness.credential, resource_version=LATER, **changes)  # type: ignore[arg-type] # a table's columns

    intake.credential_seen(changed)

    assert harness.replica.view.credential(CREDENTIAL) == changed
    assert await asked(harness) == (tokens, credentials)
    intake.credential_seen(changed)
    assert await asked(harness) == ([], 0)


@simulated
async def test_a_credential_that_comes_is_what_its_tokens_waited_for(harness: OperatorHarness, intake: Intake) -> None:
    intake.credential_gone(CREDENTIAL)
    await drained(harness.replica.queue)

    intake.credential_seen(replace(harness.credential, resource_version=LATER))

    assert await asked(harness) == (EVERY_PHASE, 1)


@simulated
async def test_an_older_state_of_a_credential_changes_nothing(harness: OperatorHarness, intake: Intake) -> None:
    newer = replace(harness.credential, resource_version="10")
    intake.credential_seen(newer)
    await drained(harness.replica.queue)

    intake.credential_seen(replace(harness.credential, resource_version="9", suspended=True, generation=2))

    assert harness.replica.view.credential(CREDENTIAL) == newer
    assert await asked(harness) == ([], 0)


@simulated
async def test_a_list_has_each_credential_looked_at_but_not_before_what_people_wait_for(
    harness: OperatorHarness, intake: Intake
) -> None:
    intake.credential_listed(harness.credential)
    intake.token_seen(a_token())

    assert await drained(harness.replica.queue) == [harness.work(), ITSELF]


@pytest.mark.parametrize(
    ("uid", "expected"),
    [
        pytest.param("uid-1", EVERY_PHASE, id="that very one"),
        pytest.param(None, EVERY_PHASE, id="whichever had the name"),
        pytest.param("uid-0", [], id="not an earlier one of the name"),
    ],
)
@simulated
async def test_a_credential_that_went_concerns_all_its_tokens(
    harness: OperatorHarness, intake: Intake, uid: str | None, expected: list[str]
) -> None:
    intake.credential_gone(CREDENTIAL, uid)

    assert (harness.replica.view.credential(CREDENTIAL) is None) == bool(expected)
    assert await asked(harness) == (expected, 0)


@simulated
async def test_a_role_that_comes_changes_or_goes_concerns_its_holders(harness: OperatorHarness, intake: Intake) -> None:
    wider = a_role(permissions=(Permission("AccessStudio"), Permission("AccessModel")))

    intake.role_seen(a_role())
    assert await asked(harness) == ([], 0)
    intake.role_seen(wider)
    assert await drained(harness.replica.queue) == [ITSELF]
    intake.role_seen(a_role("admin"))
    assert await asked(harness) == ([], 0)
    intake.role_gone("studio-user")
    assert await drained(harness.replica.queue) == [ITSELF]
    assert set(harness.replica.view.catalog) == {"admin"}


def test_a_standby_notes_credentials_and_roles_and_queues_nothing(harness: OperatorHarness, intake: Intake) -> None:
    intake.acting = False

    intake.credential_seen(replace(harness.credential, resource_version=LATER, suspended=True, generation=2))
    intake.credential_listed(replace(harness.credential, resource_version="100", suspended=True, generation=2))
    intake.role_seen(a_role("admin"))
    intake.role_gone("studio-user")
    intake.credential_gone(CREDENTIAL)

    assert not harness.replica.view.credential_keys
    assert set(harness.replica.view.catalog) == {"admin"}
    assert len(harness.replica.queue) == 0


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        pytest.param(False, LIVING, id="a suspension concerns those that are not over"),
        pytest.param(True, EVERY_PHASE, id="its end concerns all"),
    ],
)
@simulated
async def test_whoever_takes_over_asks_again_whom_a_change_of_a_credential_concerned(
    harness: OperatorHarness, intake: Intake, *, gone: bool, expected: list[str]
) -> None:
    await forget_what_was_seen(harness)
    intake.acting = False
    if gone:
        intake.credential_gone(CREDENTIAL)
    else:
        intake.credential_seen(replace(harness.credential, resource_version=LATER, suspended=True))
    assert len(harness.replica.queue) == 0

    intake.take_over()

    assert (await asked(harness))[0] == expected


# --- what cannot be understood


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("ApiToken", [WorkItem("token", TOKEN)], id="a token is to be told so"),
        pytest.param("ApiCredential", [WorkItem("credential", TOKEN)], id="a credential is to be told so"),
        pytest.param("ApiRole", [], id="a role has no status to tell it on"),
    ],
)
@simulated
async def test_what_cannot_be_understood_is_counted_and_looked_at(
    harness: OperatorHarness, intake: Intake, kind: Kind, expected: list[WorkItem]
) -> None:
    broken = InvalidObject(kind, TOKEN, "uid-9", "9", 1, "spec: no")

    intake.malformed_seen(broken)

    assert harness.replica.metrics.malformed_kinds == {kind: 1}
    assert await drained(harness.replica.queue) == expected
    assert [intake.malformed(work) for work in expected] == [broken for _ in expected]


def test_what_could_not_be_understood_is_forgotten_once_it_can_be_or_went(intake: Intake) -> None:
    keys = [ObjectKey("finance", name) for name in "abcd"]
    works = [
        WorkItem("token", keys[0]),
        WorkItem("token", keys[1]),
        WorkItem("credential", keys[2]),
        WorkItem("credential", keys[3]),
    ]
    for work in works:
        kind: Kind = "ApiToken" if work.kind == "token" else "ApiCredential"
        intake.malformed_seen(InvalidObject(kind, work.key, "uid-9", "9", 1, "spec: no"))

    intake.token_seen(a_token(keys[0]))
    intake.token_gone(keys[1])
    intake.credential_seen(a_credential(keys[2]))
    intake.credential_gone(keys[3])

    assert [intake.malformed(work) for work in works] == [None] * 4


def test_a_standby_counts_what_cannot_be_understood_and_keeps_it_for_later(
    harness: OperatorHarness, intake: Intake
) -> None:
    intake.acting = False
    broken = InvalidObject("ApiToken", TOKEN, "uid-9", "9", 1, "spec: no")

    intake.malformed_seen(broken)

    assert intake.malformed(harness.work()) == broken
    assert len(harness.replica.queue) == 0


@simulated
async def test_a_credential_that_is_being_deleted_goes_before_the_mints_of_its_namespace(
    harness: OperatorHarness,
) -> None:
    await forget_what_was_seen(harness)
    harness.replica.intake.token_seen(a_token(ObjectKey(CREDENTIAL.namespace, "mint")))

    harness.replica.intake.credential_seen(a_credential(resource_version=LATER, generation=2, deleting=True))

    works = await drained(harness.replica.queue)
    assert works.index(ITSELF) < works.index(WorkItem("token", ObjectKey(CREDENTIAL.namespace, "mint")))


@simulated
async def test_at_each_list_nobody_asks_whether_a_credential_that_is_not_understood_is_there(
    harness: OperatorHarness, intake: Intake
) -> None:
    """Its tokens are not orphans, and a live read for each of them would tell no more."""
    intake.credential_gone(CREDENTIAL)
    intake.malformed_seen(InvalidObject("ApiCredential", CREDENTIAL, "uid-1", "1", 1, "spec.roles: no"))
    await forget_what_was_seen(harness)
    living = replace(a_minted_token(credential=harness.credential.identity), resource_version=LATER)

    intake.token_listed(living)

    assert await asked(harness) == ([], 0)
    intake.credential_gone(CREDENTIAL)
    assert TOKEN.name in (await asked(harness))[0]
