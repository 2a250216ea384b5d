"""A watched namespace that does not exist, or is being deleted, stops Helm for none of the others."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import pytest

from tests.support.charts.chart_release import Release
from tools.control_plane.charts import of_kind, rendered
from tools.control_plane.installation import NAMESPACE
from tools.control_plane.plane import ControlPlane
from tools.control_plane.processes import ProcessError, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WARNING = "THESE NAMESPACES DO NOT EXIST, OR ARE BEING DELETED: "
ROLES = {"pharia-access-operator-tokens", "pharia-access-verifier-tokens"}
HELD = "example.com/held"
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def own_control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with nothing installed, and the namespace finance."""
    with ControlPlane.start(tmp_path_factory.mktemp("control-plane")) as started:
        started.kubectl("create", "namespace", "finance")
        yield started


@pytest.fixture
def doomed() -> str:
    """The name of a namespace that is not there: each test has its own, and none waits for the end of another's."""
    return f"doomed-{next(_NUMBERS)}"


@pytest.fixture
def release(own_control_plane: ControlPlane, doomed: str, tmp_path: Path) -> Iterator[Release]:
    """A release that watches finance and doomed, not installed yet; its kinds and policies may be there from before."""
    made = Release(own_control_plane, tmp_path, values={"watchNamespaces": ["finance", doomed]})
    yield made
    own_control_plane.helm("uninstall", made.name, f"--namespace={made.namespace}", check=False)


def create(own_control_plane: ControlPlane, doomed: str) -> None:
    own_control_plane.kubectl("create", "namespace", doomed)


def delete(own_control_plane: ControlPlane, doomed: str) -> None:
    own_control_plane.kubectl("delete", "namespace", doomed, "--timeout=60s", timeout=70)


def begin_to_delete(own_control_plane: ControlPlane, doomed: str) -> None:
    """It stays, Terminating: something in it is held by a finalizer."""
    held = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "namespace": doomed}}
    held["metadata"] |= {"finalizers": [HELD]}  # type: ignore[operator] # a dictionary
    own_control_plane.kubectl("create", "--filename=-", stdin=json.dumps(held))
    own_control_plane.kubectl("delete", "namespace", doomed, "--wait=false")
    wait_until(lambda: not roles(own_control_plane, doomed), what="what can go is gone", timeout=60)


def let_go(own_control_plane: ControlPlane, doomed: str) -> None:
    patch = json.dumps({"metadata": {"finalizers": None}})
    own_control_plane.kubectl("patch", "configmap", "held", f"--namespace={doomed}", f"--patch={patch}", check=False)


def roles(own_control_plane: ControlPlane, namespace: str) -> set[str]:
    """The Roles for tokens that are there, each with its binding."""
    found = [
        own_control_plane.kubectl(
            "get", kind, f"--namespace={namespace}", "--output=jsonpath={.items[*].metadata.name}", check=False
        )
        for kind in ("roles", "rolebindings")
    ]
    one, other = (set(answer.stdout.split()) & ROLES for answer in found)
    return one & other


def test_it_is_installed_for_the_others_and_says_which_namespace_is_missing(
    own_control_plane: ControlPlane, release: Release, doomed: str
) -> None:
    assert f"{WARNING}{doomed}\n" in release.upgrade()

    assert roles(own_control_plane, "finance") == ROLES
    assert roles(own_control_plane, doomed) == set()

    create(own_control_plane, doomed)
    assert WARNING not in release.upgrade()
    assert roles(own_control_plane, doomed) == ROLES


@pytest.mark.parametrize("gone", [delete, begin_to_delete], ids=["is gone", "is being deleted"])
def test_it_is_upgraded_while_a_namespace_is_away_and_its_roles_come_back_with_it(
    own_control_plane: ControlPlane, release: Release, doomed: str, gone: object
) -> None:
    create(own_control_plane, doomed)
    assert WARNING not in release.upgrade()
    assert roles(own_control_plane, doomed) == ROLES
    gone(own_control_plane, doomed)  # type: ignore[operator] # one of the two above

    for _ in range(2):
        assert f"{WARNING}{doomed}\n" in release.upgrade()
    assert roles(own_control_plane, "finance") == ROLES

    let_go(own_control_plane, doomed)
    wait_until(
        lambda: f"namespace/{doomed}" not in release.names("namespaces"),
        what="doomed is gone",
        timeout=60,
    )
    create(own_control_plane, doomed)
    release.upgrade()
    assert roles(own_control_plane, doomed) == ROLES


def test_it_is_uninstalled_while_a_namespace_is_away(
    own_control_plane: ControlPlane, release: Release, doomed: str
) -> None:
    create(own_control_plane, doomed)
    release.upgrade()
    delete(own_control_plane, doomed)

    release.uninstall()

    assert roles(own_control_plane, "finance") == set()


def test_a_rollback_to_a_revision_without_the_missing_namespace_works_and_to_one_with_it_fails(
    own_control_plane: ControlPlane, release: Release, doomed: str
) -> None:
    create(own_control_plane, doomed)
    release.upgrade()
    delete(own_control_plane, doomed)
    release.upgrade()

    with pytest.raises(ProcessError, match=f'namespaces "{doomed}" not found'):
        release.rollback()

    assert f"{WARNING}{doomed}\n" in release.upgrade()
    assert roles(own_control_plane, "finance") == ROLES


def test_where_no_cluster_can_be_asked_all_roles_are_rendered(own_control_plane: ControlPlane, doomed: str) -> None:
    documents = rendered(own_control_plane, {"watchNamespaces": ["finance", doomed]})

    places = {role["metadata"].get("namespace") for role in of_kind(documents, "Role")}
    assert places == {"finance", doomed, NAMESPACE}


def test_rendered_elsewhere_and_applied_by_kubectl_it_fails_for_the_missing_namespace_alone(
    own_control_plane: ControlPlane, release: Release, doomed: str
) -> None:
    release.remove()
    own_control_plane.kubectl("create", "namespace", NAMESPACE, check=False)
    documents = json.dumps({"apiVersion": "v1", "kind": "List", "items": release.documents()})

    applied = own_control_plane.kubectl("apply", "--server-side", "--filename=-", stdin=documents, check=False)

    refusals = {line for line in applied.stderr.splitlines() if not line.startswith("Warning")}
    assert applied.returncode == 1
    assert refusals == {f'Error from server (NotFound): namespaces "{doomed}" not found'}
    assert roles(own_control_plane, "finance") == ROLES
    release.wait_for_storage()
    own_control_plane.kubectl("delete", "--ignore-not-found", "--filename=-", stdin=documents, check=False, timeout=180)


def second(made: object) -> str:
    """The second document of a text."""
    first = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "beside"}}
    return f"{json.dumps(first)}\n---\n{json.dumps(made)}"


@pytest.mark.parametrize("form", [dict, json.dumps, second], ids=["an object", "a text", "one of two in a text"])
def test_a_namespace_that_the_release_makes_itself_is_not_missing(
    own_control_plane: ControlPlane, release: Release, doomed: str, form: object
) -> None:
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": doomed}}
    release.values = {**release.values, "extraObjects": [form(made)]}  # type: ignore[operator] # one of those above

    assert WARNING not in release.upgrade()

    assert roles(own_control_plane, doomed) == ROLES


def test_the_namespace_of_the_release_is_not_missing_though_it_is_made_with_it(
    own_control_plane: ControlPlane, release: Release, doomed: str
) -> None:
    own_control_plane.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=60s", timeout=70)
    release.values = {"watchNamespaces": [NAMESPACE]}

    assert WARNING not in release.upgrade()

    assert roles(own_control_plane, NAMESPACE) == ROLES


def test_an_upgrade_says_what_a_namespace_that_leaves_leaves_behind(release: Release) -> None:
    assert "has left watchNamespaces" not in release.upgrade()
    assert "has left watchNamespaces" in release.upgrade()
