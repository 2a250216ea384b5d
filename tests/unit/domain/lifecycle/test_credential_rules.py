"""What a credential's status says of its roles and tokens."""

from dataclasses import replace

import pytest

from pharia_access.domain.conditions import find, is_true
from pharia_access.domain.lifecycle.credential_rules import decide, notices
from pharia_access.domain.model import Credential, CredentialStatus, TokenCounts
from pharia_access.domain.permissions import Role
from pharia_access.domain.reasons import Reason
from tests.support.builders.domain_objects import NOW, a_credential, a_role

CATALOG = {
    "studio-user": a_role("studio-user"),
    "kept": a_role("kept", allowed_namespaces=frozenset({"elsewhere"})),
}


def judged(credential: Credential, catalog: dict[str, Role] | None = None) -> CredentialStatus:
    counts = TokenCounts(active=2)
    status = decide(credential, catalog=CATALOG if catalog is None else catalog, counts=counts, now=NOW)
    assert status is not None
    return status


@pytest.mark.parametrize(
    ("credential", "reason", "ready", "stalled", "words"),
    [
        pytest.param(
            a_credential(), Reason.ALL_ROLES_RESOLVE, True, False, "1 permission from 1 role.", id="all is well"
        ),
        pytest.param(
            a_credential(roles=("studio-user", "nobody", "noone")),
            Reason.UNKNOWN_ROLES,
            False,
            False,
            "nobody, noone",
            id="unknown roles are named, and may yet come",
        ),
        pytest.param(
            a_credential(roles=("kept",)),
            Reason.ROLES_NOT_ALLOWED,
            False,
            True,
            "finance: kept",
            id="a role that the namespace may not hold needs a person",
        ),
        pytest.param(
            a_credential(roles=("studio-user", "nobody", "kept")),
            Reason.UNKNOWN_ROLES,
            False,
            False,
            "not found: nobody. ApiRole not allowed in namespace finance: kept. The other roles apply.",
            id="a role that is unknown and one that may not be held are both named",
        ),
        pytest.param(
            a_credential(roles=("nobody",)),
            Reason.UNKNOWN_ROLES,
            False,
            False,
            "not found: nobody. No role applies. Correct",
            id="there are no others",
        ),
        pytest.param(
            a_credential(suspended=True), Reason.SUSPENDED, True, False, "spec.suspended", id="suspended on purpose"
        ),
    ],
)
def test_ready_says(credential: Credential, reason: Reason, ready: bool, stalled: bool, words: str) -> None:  # noqa: FBT001 - columns
    status = judged(credential)

    condition = find(status.conditions, "Ready")
    assert condition is not None
    assert (condition.reason, condition.status == "True") == (reason, ready)
    assert is_true(status.conditions, "Stalled") is stalled
    assert words in condition.message
    assert status.tokens == TokenCounts(active=2)


@pytest.mark.parametrize(
    ("roles", "summary"),
    [
        pytest.param(("studio-user",), "studio-user", id="one"),
        pytest.param(("c", "a", "b"), "c,a,b", id="three, as they are written"),
        pytest.param(("a", "b", "c", "d"), "a,b,c + 1 more...", id="more"),
    ],
)
def test_the_roles_are_written_for_people_to_read(roles: tuple[str, ...], summary: str) -> None:
    assert judged(a_credential(roles=roles)).roles_summary == summary


def test_the_longest_summary_fits_the_bound_of_the_kind() -> None:
    summary = judged(a_credential(roles=tuple(f"{number:063}" for number in range(16)))).roles_summary

    assert summary is not None
    assert len(summary) <= 256


def test_a_status_from_before_the_summary_is_written_once_more() -> None:
    earlier = a_credential(status=replace(judged(a_credential()), roles_summary=None))

    assert judged(earlier).roles_summary == "studio-user"


def test_nothing_is_written_when_nothing_changed() -> None:
    credential = a_credential()
    written = replace(credential, status=judged(credential))

    assert decide(written, catalog=CATALOG, counts=TokenCounts(active=2), now=NOW) is None


@pytest.mark.parametrize(
    ("finalizers", "told", "events"),
    [
        pytest.param(("x.example/hold",), "held by the finalizer x.example/hold. ", ["Deleting"], id="held"),
        pytest.param(("foregroundDeletion",), "Kubernetes has deleted its dependents", [], id="in the foreground"),
    ],
)
def test_a_credential_that_is_being_deleted_says_so_and_why_it_stands(
    finalizers: tuple[str, ...], told: str, events: list[str]
) -> None:
    credential = replace(a_credential(roles=("nobody",), deleting=True), finalizers=finalizers)

    status = judged(credential)
    ready = find(status.conditions, "Ready")

    assert ready is not None
    assert (ready.status, ready.reason) == ("False", "Deleting")
    assert told in ready.message
    assert [notice.reason for notice in notices(credential, status)] == events
    assert decide(replace(credential, status=status), catalog=CATALOG, counts=TokenCounts(active=2), now=NOW) is None


def test_a_role_that_came_takes_the_complaint_back() -> None:
    credential = a_credential(roles=("kept",))
    stalled = replace(credential, status=judged(credential))

    status = judged(stalled, {"kept": a_role("kept")})

    assert find(status.conditions, "Stalled") is None
    assert is_true(status.conditions, "Ready")


def test_an_event_tells_of_a_new_complaint_and_of_its_end_but_not_of_an_ordinary_beginning() -> None:
    plain, wrong = a_credential(), a_credential(roles=("nobody",))
    complained = replace(wrong, status=judged(wrong))

    assert notices(plain, judged(plain)) == ()
    assert [(notice.reason, notice.warning) for notice in notices(wrong, judged(wrong))] == [("UnknownRoles", True)]
    assert [n.reason for n in notices(complained, judged(complained, {"nobody": a_role("nobody")}))] == [
        "AllRolesResolve"
    ]
