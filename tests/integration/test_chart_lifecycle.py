"""Installing, upgrading, rolling back and removing, on a control plane that has nothing else on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.charts.chart_release import Release
from tests.support.charts.installed_objects import declared, ours, versions
from tests.support.charts.many_tokens import LONG_WINDOWS, gather, identities
from tests.support.charts.restricted_control_plane import restricted_control_plane
from tests.support.operators.constant_checks import DEAD, GOOD, ConstantChecks
from tests.support.security.guards import let_todays_operator_work
from tools.control_plane.api import Api
from tools.control_plane.charts import of_kind
from tools.control_plane.processes import ProcessError, wait_until
from tools.control_plane.resources import api_credential, api_token
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tools.control_plane.plane import ControlPlane

ROOT = Path(__file__).resolve().parents[2]
PREVIOUS = Path(__file__).with_name("charts") / "pharia-access-0.1.0.tgz"
"""The chart as it was released before, made by `helm package`."""
FEW, MANY = 100, 1000


@pytest.fixture(scope="module")
def own_control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with nothing installed; its one namespace takes restricted pods only."""
    with restricted_control_plane(tmp_path_factory.mktemp("control-plane")) as started:
        yield started


@pytest.fixture
def release(own_control_plane: ControlPlane, tmp_path: Path) -> Iterator[Release]:
    """A release that is not installed yet; nothing of it is left afterwards."""
    made = Release(own_control_plane, tmp_path)
    yield made
    made.remove()


@pytest.fixture
def place(own_control_plane: ControlPlane) -> Workspace:
    """A namespace for credentials and tokens."""
    return Workspace(Api(own_control_plane.kubeconfig), "finance")


# Installing.


def test_installing_again_changes_nothing(release: Release) -> None:
    release.upgrade()
    before = versions(release)

    assert "STATUS: deployed" in release.upgrade()
    assert len(before) > 25
    assert versions(release) == before


def test_its_pods_are_admitted_where_pod_security_is_restricted(release: Release) -> None:
    release.upgrade()

    get = ("get", "pods", f"--namespace={release.namespace}", "--output=name")
    wait_until(lambda: len(release.control_plane.kubectl(*get).stdout.split()) == 3, what="three pods", timeout=20)

    (test,) = of_kind(release.documents(), "Pod")
    create = ("create", "--dry-run=server", "--filename=-")
    assert "created" in release.control_plane.kubectl(*create, stdin=json.dumps(test)).stdout


def test_the_catalog_is_made_once_and_then_left_alone(release: Release) -> None:
    release.values = {"roles": {"create": True}, "crds": {"keep": True}}
    release.upgrade()
    kubectl = release.control_plane.kubectl
    made = release.names("apiroles")
    kubectl("patch", "apirole", "os-user", "--type=merge", '--patch={"spec":{"description":"edited"}}')
    kubectl("delete", "apirole", "admin")

    release.upgrade()
    after_upgrade = release.names("apiroles")
    release.uninstall()
    release.upgrade()

    assert len(made) == 4
    assert set(after_upgrade) == {*made} - {"apirole.access.pharia.ai/admin"}
    assert set(release.names("apiroles")) == set(made)
    description = ("get", "apirole", "os-user", "--output=jsonpath={.spec.description}")
    assert kubectl(*description).stdout == "edited"


def test_plain_manifests_install_the_same_and_again_nothing(release: Release) -> None:
    kubectl, folder = release.control_plane.kubectl, ROOT / "manifests"

    kubectl("apply", f"--kustomize={folder}")
    difference = kubectl("diff", f"--kustomize={folder}").stdout
    installed = {name.partition("/")[2] for name in ours(release)}
    release.wait_for_storage()
    kubectl("delete", f"--filename={folder / 'pharia-access.yaml'}", timeout=180)

    kinds = ("CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding", "ValidatingAdmissionPolicy")
    documents = of_kind(release.documents(), *kinds, "ValidatingAdmissionPolicyBinding")
    assert difference == ""
    assert installed == {document["metadata"]["name"] for document in documents}


# Upgrading, while tokens are in use.


@pytest.mark.timeout(600)
@pytest.mark.parametrize("live", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
def test_an_upgrade_from_the_previous_chart_and_a_rollback_keep_every_token(
    release: Release, place: Workspace, told: Callable[[str], None], live: int
) -> None:
    release.install(PREVIOUS)
    let_todays_operator_work(place.api)
    crowd = gather(release, place, live)
    before = identities(place)
    old, verifier = release.start(LONG_WINDOWS)
    wait_until(lambda: {verifier.ask("/whoami", text).status for text in crowd.dead} == {401}, what="the dead are dead")

    expected = dict.fromkeys(crowd.live, GOOD) | dict.fromkeys(crowd.dead, DEAD)
    with ConstantChecks(f"127.0.0.1:{verifier.port}", expected) as checks:
        release.upgrade()
        checks.ask_all_again()
        old.process.stop()
        _, renewed = release.start(LONG_WINDOWS)
        checks.move(f"127.0.0.1:{renewed.port}")
        checks.ask_all_again()
        release.rollback()
        checks.ask_all_again()
        release.upgrade()
        place.issued("minted-by-the-new-one")
        checks.ask_all_again()

    assert set(checks.answers) == {(GOOD, "200"), (DEAD, "401")}
    assert before.items() <= identities(place).items()
    told(
        f"upgrade and rollback of the chart with {len(crowd.live)} live tokens and {len(crowd.dead)} dead ones, each "
        f"asked four times or more: {checks.count(GOOD)} accepted, {checks.count(DEAD)} refused, no wrong answer"
    )


# Upgrading with the values of the release before.


def test_values_that_are_reused_change_nothing_also_where_keys_have_no_value(release: Release) -> None:
    release.values = {
        "rbac": None,
        "image": {"digest": None},
        "operator": {"podSecurityContext": {"runAsUser": None}, "resources": {"limits": {"cpu": None}}},
        "metrics": {"dashboard": {"enabled": True, "labels": {"grafana_dashboard": None, "ours": "yes"}}},
    }
    release.upgrade()
    before = versions(release)

    release.values = {}
    for _ in range(2):
        release.upgrade("--reuse-values")

    assert versions(release) == before


def test_who_reuses_the_defaults_of_an_older_chart_is_told_how_not_to(release: Release) -> None:
    release.install(PREVIOUS)

    with pytest.raises(ProcessError, match=r"is no value of this chart.*(?s:.*)use --reset-then-reuse-values"):
        release.upgrade("--reuse-values")

    assert "STATUS: deployed" in release.upgrade("--reset-then-reuse-values")


def test_server_side_apply_and_helm_never_conflict_with_what_the_operator_writes(
    release: Release, place: Workspace
) -> None:
    release.install()
    release.start()
    apply = ("apply", "--server-side", "--field-manager=gitops", "--filename=-")
    manifests = json.dumps({"apiVersion": "v1", "kind": "List", "items": declared(place)})
    release.control_plane.kubectl(*apply, stdin=manifests)
    written = place.until_outcome("declared", "Active", "Issued")

    release.control_plane.kubectl(*apply, stdin=manifests)
    by_helm = [api_credential(place.namespace, "by-helm", roles=["gitops-reader"])]
    by_helm.append(api_token(place.namespace, "by-helm", credentialRef={"name": "by-helm"}))
    release.values = {"extraObjects": by_helm}
    release.upgrade()
    minted = place.until_outcome("by-helm", "Active", "Issued")
    again = release.upgrade()

    assert "STATUS: deployed" in again
    for before in (written, minted):
        after = place.read("ApiToken", before["metadata"]["name"])
        assert after is not None
        assert after["metadata"]["generation"] == before["metadata"]["generation"]
        assert after["status"]["tokenID"] == before["status"]["tokenID"]


# Removing.


def test_uninstalling_keeps_kinds_policies_and_tokens_and_a_new_installation_takes_them_over(
    release: Release, place: Workspace
) -> None:
    release.install()
    place.role()
    place.credential()
    place.token("kept")

    said = release.uninstall()
    left = {name.partition("/")[0] for name in ours(release)}
    kept = place.read("ApiToken", "kept")
    release.upgrade()

    assert "kept due to the resource policy" in said
    assert left == {
        "customresourcedefinition.apiextensions.k8s.io",
        "validatingadmissionpolicy.admissionregistration.k8s.io",
        "validatingadmissionpolicybinding.admissionregistration.k8s.io",
    }
    assert kept is not None
    assert place.read("ApiToken", "kept") == kept


def test_another_release_does_not_take_over_what_was_kept(release: Release, tmp_path: Path) -> None:
    release.upgrade()
    release.uninstall()
    another = Release(release.control_plane, tmp_path, name="another", namespace="elsewhere")

    with pytest.raises(ProcessError, match="invalid ownership metadata"):
        another.upgrade()
    another.remove()


def test_a_release_that_keeps_its_kinds_can_be_told_to_leave_nothing(release: Release) -> None:
    release.upgrade()
    release.values = {"crds": {"keep": False}}
    release.upgrade()
    release.wait_for_storage()

    release.uninstall()

    wait_until(lambda: ours(release) == [], what="nothing of the release is left", timeout=60)
