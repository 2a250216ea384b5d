"""What becomes of a rotation when the operator dies in it: one token a number, and none that nobody keeps."""

from __future__ import annotations

import itertools
import secrets
import time
from collections import Counter
from typing import TYPE_CHECKING, Literal

import pytest

from pharia_access.domain.argon2id import verify_hash
from tests.support.operators.workload_places import APP, WorkloadPlace
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import Workspace, condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.operators.killable_operator import KillableOperator
    from tools.control_plane.api import Api

SECRETS = "/api/v1/namespaces/{namespace}/secrets"
OURS = "/apis/access\\.pharia\\.ai/v1alpha1/namespaces/{namespace}"
STATUS = f"{OURS}/workloadtokens/app/status"
When = Literal["before", "after"]

WRITES = [
    pytest.param("PATCH", STATUS, 0, id="giving the number"),
    pytest.param("POST", f"{OURS}/apitokens", 0, id="creating the ApiToken"),
    pytest.param("PATCH", STATUS, 1, id="recording its UID"),
    pytest.param("POST", SECRETS, 0, id="creating the one-time Secret"),
    pytest.param("PATCH", f"{OURS}/apitokens/app-2/status", 0, id="recording the mint"),
    pytest.param("PATCH", STATUS, 2, id="saying that it waits"),
    pytest.param("PUT", f"{SECRETS}/app", 0, id="writing the Secret"),
    pytest.param("PATCH", STATUS, 3, id="saying that it is there"),
    pytest.param("DELETE", f"{SECRETS}/app-2-token", 0, id="deleting the one-time Secret"),
]
"""Of a rotation, in order: method, path, and how many of the kind come before it."""


@pytest.fixture
def place(workspace: Workspace) -> WorkloadPlace:
    return WorkloadPlace(workspace)


@pytest.fixture(scope="module")
def rotating(client: Api, killable_operator: KillableOperator) -> Iterator[Iterator[WorkloadPlace]]:
    """As many places as there are rotations to die in, each with a token that is in use: made all at once."""
    client.reconnect()
    killable_operator.running()
    places = [WorkloadPlace(Workspace(client, f"rotating-{secrets.token_hex(3)}")) for _ in [*WRITES, *WRITES]]
    for place in places:
        assert client.create({"kind": "Namespace", "metadata": {"name": place.workspace.namespace}}).ok
        place.workspace.role()
        place.begin()
    for place in places:
        place.until_revision(1)
        place.workspace.until_delivery("app-1", "Collected")
    yield iter(places)
    for place, kind in itertools.product(places, ("WorkloadToken", "ApiToken", "ApiCredential")):
        assert client.delete_all(kind, place.workspace.namespace).ok


def assert_whole(place: WorkloadPlace, *numbers: int) -> None:
    """The Secret holds the last number, its token proves it, and no other is live but those replaced."""
    status = place.until_revision(numbers[-1])["status"]
    made = Counter(child["metadata"]["name"] for child in place.children())
    child = place.workspace.known("ApiToken", f"app-{numbers[-1]}")

    assert (place.held(), status["current"]["revision"], status.get("pending")) == (numbers[-1], numbers[-1], None)
    assert made == {f"app-{number}": 1 for number in numbers}
    assert verify_hash(child["status"]["hash"], place.text())
    assert [each["name"] for each in status["replaced"]] == [f"app-{number}" for number in reversed(numbers[:-1])]
    place.workspace.until_gone("Secret", *(f"app-{number}-token" for number in numbers))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("method", "path", "spared"), WRITES)
def test_a_rotation_goes_on_though_the_operator_is_killed_at(
    killable_operator: KillableOperator,
    rotating: Iterator[WorkloadPlace],
    method: str,
    path: str,
    spared: int,
    when: When,
) -> None:
    place = next(rotating)
    here = path.format(namespace=place.workspace.namespace)
    killable_operator.die_at(method, here, when, spared=spared)
    place.edit(rotate="now")
    killable_operator.until_dead()

    killable_operator.running()

    assert_whole(place, 1, 2)


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_first_delivery_goes_on_though_the_operator_is_killed_at_it(
    killable_operator: KillableOperator, place: WorkloadPlace, when: When
) -> None:
    place.workspace.credential()
    place.delegate()
    here = SECRETS.format(namespace=place.workspace.namespace)
    killable_operator.die_at("POST", here, when, spared=1)
    place.create()
    killable_operator.until_dead()

    killable_operator.running()

    assert_whole(place, 1)


def test_a_one_time_secret_that_others_took_costs_a_number(
    killable_operator: KillableOperator, place: WorkloadPlace
) -> None:
    killable_operator.running()
    place.ready()
    namespace = place.workspace.namespace
    killable_operator.die_at("PUT", f"{SECRETS}/app".format(namespace=namespace), "before")
    place.edit(rotate="now")
    killable_operator.until_dead()

    place.workspace.delete(place.workspace.known("Secret", "app-2-token"))
    killable_operator.running()

    status = place.until_revision(3)["status"]
    assert (place.held(), status["lost"]["count"]) == (3, 1)
    place.workspace.until_gone("ApiToken", "app-2")


def test_a_restart_makes_no_request_about_what_is_well(
    killable_operator: KillableOperator, place: WorkloadPlace
) -> None:
    killable_operator.running()
    place.ready()
    place.workspace.until_delivery("app-1", "Collected")
    killable_operator.kill()
    wait_until(lambda: not killable_operator.alive, what="it is dead")
    killable_operator.proxy.writes.clear()
    before = place.workspace.known("WorkloadToken", APP)

    killable_operator.running()
    time.sleep(3)  # as long as it would have taken

    about = [write for write in killable_operator.proxy.writes if f"/{place.workspace.namespace}/" in write.path]
    assert [write for write in about if not write.dry and "/apicredentials/" not in write.path] == []
    assert place.workspace.known("WorkloadToken", APP) == before
    assert condition(before, "Ready")["status"] == "True"
