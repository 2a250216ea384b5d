"""`boundObjects: live` on a real API server: a token counts while its pod and its ServiceAccount are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.verifier.accounts import AUDIENCE, PATH, Accounts, until_answered, verifier_of_accounts
from tools.control_plane.api import VERIFIER, Api, rule
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.verifiers import RunningVerifier
    from tools.control_plane.workspace import Workspace

RIGHT = "verifier-reviews"
LIVE = {"PHARIA_ACCESS_SERVICE_ACCOUNTS_BOUND_OBJECTS": "live"}


@pytest.fixture(scope="module")
def right_to_review(control_plane: ControlPlane) -> Iterator[Api]:
    """What the chart gives where the setting is `live`."""
    admin = Api(control_plane.kubeconfig)
    admin.grant_everywhere(VERIFIER, RIGHT, rule("authentication.k8s.io", "tokenreviews", "create"))
    yield admin
    admin.revoke_everywhere(RIGHT)


@pytest.fixture(scope="module")
def asking(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningVerifier]:
    """A verifier that asks whether pods are there."""
    with verifier_of_accounts(control_plane, tmp_path_factory.mktemp("asking"), LIVE) as running:
        yield running


@pytest.fixture
def accounts(control_plane: ControlPlane, workspace: Workspace) -> Accounts:
    """The ServiceAccount invoice-bot holds the credential, and its pods job-1 and job-2 are there."""
    accounts = Accounts(control_plane, workspace.namespace)
    accounts.make()
    for pod in ("job-1", "job-2"):
        accounts.start_pod(pod)
    workspace.credential(serviceAccounts=[{"name": "invoice-bot"}])
    return accounts


def reviews(verifier: RunningVerifier, outcome: str) -> float:
    """How many had that outcome so far."""
    name = f'pharia_access_token_reviews_total{{outcome="{outcome}"}} '
    lines = verifier.get("/metrics")[1].splitlines()
    return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))


@pytest.mark.usefixtures("right_to_review")
def test_the_token_of_a_pod_that_is_gone_is_refused(asking: RunningVerifier, accounts: Accounts) -> None:
    token, gone = accounts.token(pod="job-1"), accounts.token(pod="job-2")
    until_answered(asking, token, 200)

    accounts.end_pod("job-2")

    until_answered(asking, gone, 401)
    assert asking.ask(PATH, token).status == 200


@pytest.mark.usefixtures("right_to_review")
def test_the_token_of_a_pod_that_was_made_again_is_refused(asking: RunningVerifier, accounts: Accounts) -> None:
    token = accounts.token(pod="job-1")
    accounts.end_pod("job-1")
    accounts.start_pod("job-1")
    until_answered(asking, accounts.token(pod="job-1"), 200)

    assert asking.ask(PATH, token).status == 401


@pytest.mark.usefixtures("right_to_review")
def test_so_is_that_of_an_account_that_is_gone_or_was_made_again(asking: RunningVerifier, accounts: Accounts) -> None:
    gone, again = accounts.token(), accounts.token(duration="11m")
    until_answered(asking, accounts.token(duration="12m"), 200)

    accounts.remove()
    assert asking.ask(PATH, gone).status == 401
    accounts.make()

    assert asking.ask(PATH, again).status == 401
    until_answered(asking, accounts.token(), 200)


@pytest.mark.usefixtures("right_to_review")
def test_a_token_in_use_costs_one_review_and_a_refused_one_too(
    asking: RunningVerifier, accounts: Accounts, control_plane: ControlPlane
) -> None:
    token, gone = accounts.token(pod="job-1"), accounts.token(pod="job-2")
    accounts.end_pod("job-2")
    until_answered(asking, token, 200)
    since, good, refused = control_plane.audit_log.stat().st_size, reviews(asking, "good"), reviews(asking, "refused")

    answers = [(asking.ask(PATH, token).status, asking.ask(PATH, gone).status) for _ in range(20)]

    assert set(answers) == {(200, 401)}
    assert (reviews(asking, "good") - good, reviews(asking, "refused") - refused) == (0, 1)
    wait_until(
        lambda: len(list(control_plane.audit_events(VERIFIER, "tokenreviews", '"ResponseComplete"', since=since))) == 1,
        what="the API server was asked once",
    )


@pytest.mark.usefixtures("right_to_review")
def test_what_is_refused_anyway_is_not_asked_about(asking: RunningVerifier, accounts: Accounts) -> None:
    until_answered(asking, accounts.token(), 200)
    accounts.make("other")
    asked = sum(reviews(asking, outcome) for outcome in ("good", "refused", "failed", "overloaded"))

    for token in (
        accounts.token(name="other"),
        accounts.token(audience="vault"),
        accounts.token(audience=f"{AUDIENCE}-2"),
        accounts.token(duration="3h"),
        accounts.token()[:-8] + "AAAAAAAA",
    ):
        assert asking.ask(PATH, token).status == 401

    assert sum(reviews(asking, outcome) for outcome in ("good", "refused", "failed", "overloaded")) == asked


def test_without_the_right_nobody_passes(asking: RunningVerifier, accounts: Accounts, right_to_review: Api) -> None:
    token = accounts.token(pod="job-1")
    right_to_review.revoke_everywhere(RIGHT)

    until_answered(asking, token, 503)
    assert reviews(asking, "failed") > 0

    right_to_review.grant_everywhere(VERIFIER, RIGHT, rule("authentication.k8s.io", "tokenreviews", "create"))
    until_answered(asking, token, 200)
