"""A watched namespace that does not exist, or is being deleted, stops Helm for none of the others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.chart_release import Release
from tests.support.charts import of_kind, rendered
from tests.support.control_plane import ControlPlane
from tests.support.installation import NAMESPACE
from tests.support.processes import ProcessError, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WARNING = "THESE NAMESPACES DO NOT EXIST, OR ARE BEING DELETED: "
ROLES = {"pharia-access-operator-tokens", "pharia-access-verifier-tokens"}
VALUES = {"watchNamespaces": ["finance", "doomed"]}
HELD = "example.com/held"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with nothing installed, and the namespace finance."""
    with ControlPlane.start(tmp_path_factory.mktemp("control-plane")) as started:
        started.kubectl("create", "namespace", "finance")
        yield started


@pytest.fixture
def release(stage: ControlPlane, tmp_path: Path) -> Iterator[Release]:
    """A release that watches finance and doomed, not installed yet; afterwards neither it nor doomed is there."""
    made = Release(stage, tmp_path, values=VALUES)
    yield made
    let_go(stage)
    stage.kubectl("delete", "namespace", "doomed", "--ignore-not-found", "--timeout=60s", timeout=70)
    made.remove()


def create(stage: ControlPlane) -> None:
    stage.kubectl("create", "namespace", "doomed")


def delete(stage: ControlPlane) -> None:
    stage.kubectl("delete", "namespace", "doomed", "--timeout=60s", timeout=70)


def begin_to_delete(stage: ControlPlane) -> None:
    """It stays, Terminating: something in it is held by a finalizer."""
    held = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "namespace": "doomed"}}
    held["metadata"] |= {"finalizers": [HELD]}  # type: ignore[operator] # a dictionary
    stage.kubectl("create", "--filename=-", stdin=json.dumps(held))
    stage.kubectl("delete", "namespace", "doomed", "--wait=false")
    wait_until(lambda: not roles(stage, "doomed"), what="what can go is gone", timeout=60)


def let_go(stage: ControlPlane) -> None:
    patch = json.dumps({"metadata": {"finalizers": None}})
    stage.kubectl("patch", "configmap", "held", "--namespace=doomed", f"--patch={patch}", check=False)


def roles(stage: ControlPlane, namespace: str) -> set[str]:
    """The Roles for tokens that are there, each with its binding."""
    found = [
        stage.kubectl(
            "get", kind, f"--namespace={namespace}", "--output=jsonpath={.items[*].metadata.name}", check=False
        )
        for kind in ("roles", "rolebindings")
    ]
    one, other = (set(answer.stdout.split()) & ROLES for answer in found)
    return one & other


def test_it_is_installed_for_the_others_and_says_which_namespace_is_missing(
    stage: ControlPlane, release: Release
) -> None:
    assert f"{WARNING}doomed\n" in release.upgrade()

    assert roles(stage, "finance") == ROLES
    assert roles(stage, "doomed") == set()

    create(stage)
    assert WARNING not in release.upgrade()
    assert roles(stage, "doomed") == ROLES


@pytest.mark.parametrize("gone", [delete, begin_to_delete], ids=["is gone", "is being deleted"])
def test_it_is_upgraded_while_a_namespace_is_away_and_its_roles_come_back_with_it(
    stage: ControlPlane, release: Release, gone: object
) -> None:
    create(stage)
    assert WARNING not in release.upgrade()
    assert roles(stage, "doomed") == ROLES
    gone(stage)  # type: ignore[operator] # one of the two above

    for _ in range(2):
        assert f"{WARNING}doomed\n" in release.upgrade()
    assert roles(stage, "finance") == ROLES

    let_go(stage)
    wait_until(lambda: "doomed" not in stage.kubectl("get", "namespaces").stdout, what="doomed is gone", timeout=60)
    create(stage)
    release.upgrade()
    assert roles(stage, "doomed") == ROLES


def test_it_is_uninstalled_while_a_namespace_is_away(stage: ControlPlane, release: Release) -> None:
    create(stage)
    release.upgrade()
    delete(stage)

    release.uninstall()

    assert roles(stage, "finance") == set()


def test_a_rollback_to_a_revision_without_the_missing_namespace_works_and_to_one_with_it_fails(
    stage: ControlPlane, release: Release
) -> None:
    create(stage)
    release.upgrade()
    delete(stage)
    release.upgrade()

    with pytest.raises(ProcessError, match='namespaces "doomed" not found'):
        release.rollback()

    assert f"{WARNING}doomed\n" in release.upgrade()
    assert roles(stage, "finance") == ROLES


def test_where_no_cluster_can_be_asked_all_roles_are_rendered(stage: ControlPlane) -> None:
    documents = rendered(stage, VALUES)

    places = {role["metadata"].get("namespace") for role in of_kind(documents, "Role")}
    assert places == {"finance", "doomed", NAMESPACE}


def test_rendered_elsewhere_and_applied_by_kubectl_it_fails_for_the_missing_namespace_alone(
    stage: ControlPlane, release: Release
) -> None:
    stage.kubectl("create", "namespace", NAMESPACE, check=False)
    documents = json.dumps({"apiVersion": "v1", "kind": "List", "items": release.documents()})

    applied = stage.kubectl("apply", "--server-side", "--filename=-", stdin=documents, check=False)

    refusals = {line for line in applied.stderr.splitlines() if not line.startswith("Warning")}
    assert applied.returncode == 1
    assert refusals == {'Error from server (NotFound): namespaces "doomed" not found'}
    assert roles(stage, "finance") == ROLES
    release.wait_for_storage()
    stage.kubectl("delete", "--ignore-not-found", "--filename=-", stdin=documents, check=False, timeout=180)


def second(made: object) -> str:
    """The second document of a text."""
    first = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "beside"}}
    return f"{json.dumps(first)}\n---\n{json.dumps(made)}"


@pytest.mark.parametrize("form", [dict, json.dumps, second], ids=["an object", "a text", "one of two in a text"])
def test_a_namespace_that_the_release_makes_itself_is_not_missing(
    stage: ControlPlane, release: Release, form: object
) -> None:
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "doomed"}}
    release.values = {**VALUES, "extraObjects": [form(made)]}  # type: ignore[operator] # one of those above

    assert WARNING not in release.upgrade()

    assert roles(stage, "doomed") == ROLES


def test_the_namespace_of_the_release_is_not_missing_though_it_is_made_with_it(
    stage: ControlPlane, release: Release
) -> None:
    stage.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=60s", timeout=70)
    release.values = {"watchNamespaces": [NAMESPACE]}

    assert WARNING not in release.upgrade()

    assert roles(stage, NAMESPACE) == ROLES


def test_an_upgrade_says_what_a_namespace_that_leaves_leaves_behind(release: Release) -> None:
    assert "has left watchNamespaces" not in release.upgrade()
    assert "has left watchNamespaces" in release.upgrade()
