"""The whole story of tokens with exactly the rights that the chart gives, in the whole cluster and in some namespaces.

Every single right is used by some request, so that none can go, and nothing is asked that no right covers. A chart that
gave more, or less, would fail here.
"""

from __future__ import annotations

import http.client
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.charts.chart_release import Release
from tests.support.operators.earlier_owners import give_earlier_owner, reference_to
from tests.support.operators.workload_places import APP, WorkloadPlace
from tests.support.security.guards import NEEDED_TO_LOOK
from tests.support.security.rights import ADDRESSES, Right, asked, given, unused, without_right
from tests.support.verifier.accounts import Accounts
from tools.control_plane.api import Api, rule
from tools.control_plane.charts import of_kind, program_settings
from tools.control_plane.operators import rotate_keyring
from tools.control_plane.plane import ControlPlane
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import Workspace
from tools.demo_commands import path_of_reader
from tools.demo_gateway import straight
from tools.demo_runner import DemoRunner
from tools.demo_story import tell_of_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.control_plane.verifiers import RunningVerifier

ROOT = Path(__file__).resolve().parents[2]
HELD = {"serviceAccounts": True, "serviceAccountsBoundObjects": "live"}
EVERYWHERE = {
    "name": "pharia-access",
    "namespace": "pharia-access-system",
    "prefix": "pharia-access",
    "values": {"verifier": {"settings": HELD}},
}
SOME = {
    "name": "tokens",
    "namespace": "elsewhere",
    "prefix": "tokens-pharia-access",
    "values": {"watchNamespaces": ["alpha", "finance"], "verifier": {"settings": HELD}},
}
PATIENT = {
    "PHARIA_ACCESS_DEFAULT_WINDOW": "1h",  # as the demo's reader has
    "PHARIA_ACCESS_SETTLE": "1s",
}
MINTS = [rule("access.pharia.ai", resource, "create") for resource in ("apicredentials/token", "apitokens")]
DELEGATED = {Right("create", "access.pharia.ai", "apitokens", namespace) for namespace in ("alpha", "finance")}
"""What people gave the operator, and the chart does not."""
GIT = {"argocd.argoproj.io/tracking-id": "app"}
COMPONENTS = ("operator", "verifier")


@pytest.fixture(scope="module")
def own_control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with nothing installed, and three namespaces."""
    with ControlPlane.start(tmp_path_factory.mktemp("control-plane")) as started:
        for namespace in ("alpha", "finance", "gamma"):
            started.kubectl("create", "namespace", namespace)
        yield started


@pytest.fixture(scope="module", params=[EVERYWHERE, SOME], ids=["in the whole cluster", "in two namespaces"])
def told(
    request: pytest.FixtureRequest, own_control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Release]:
    """A release after the story, which was told in two namespaces, then the demo's in one; in a third is a token."""
    release = Release(own_control_plane, tmp_path_factory.mktemp("release"), **request.param)
    release.install()
    try:
        _, verifier = release.start(PATIENT)
        places = [
            Workspace(Api(own_control_plane.kubeconfig), namespace) for namespace in ("alpha", "finance", "gamma")
        ]
        places[2].role()
        places[2].credential()
        places[2].token()
        with ThreadPoolExecutor() as threads:  # each waits more than it works
            list(threads.map(lambda place: tell_all(release, place, verifier), places[:2]))
        tell_as_the_demo_does(release)
        rotate(release)
        yield release
    finally:
        release.remove()


def tell_all(release: Release, place: Workspace, verifier: RunningVerifier) -> None:
    tell(release.control_plane, place, verifier)
    tell_of_a_workload(place, release.account("operator"))
    tell_of_a_holder(release.control_plane, place, verifier)


def tell(own_control_plane: ControlPlane, place: Workspace, verifier: RunningVerifier) -> None:
    """A token is minted, used, collected and revoked; another, which an earlier version left, goes with its credential.

    It has the owner that such a version wrote, which the operator takes off.
    """
    place.role()
    credential = place.credential()
    token = place.issued()
    text = place.text().reveal()
    until_answered(verifier, text, http.client.OK)
    place.until("ApiToken", "ci", lambda found: "lastUsedTime" in found["status"], "its use is written down")
    place.delete({"kind": "Secret", "metadata": {"namespace": place.namespace, "name": "ci-token"}})
    place.until_delivery("ci", "Collected")
    give_earlier_owner(own_control_plane, place.issued("git", annotations=GIT), reference_to(credential))
    place.until("ApiToken", "git", lambda found: "ownerReferences" not in found["metadata"], "nobody owns it")
    place.change(token, {"spec": {"revoked": True}})
    until_answered(verifier, text, http.client.UNAUTHORIZED)
    place.until_outcome("ci", "Revoked", "Revoked")
    place.until_events("ci", "Issued", "Revoked")
    place.delete(credential)
    place.until_gone("ApiToken", "ci", "git")


def tell_of_a_workload(place: Workspace, operator: str) -> None:
    """A WorkloadToken where people let the operator mint, which is not the chart's to give: two tokens, then none."""
    place.api.grant(operator, place.namespace, *MINTS)
    credential, workloads = place.credential(), WorkloadPlace(place)
    kept = workloads.create(ttl="2h")
    workloads.until_revision(1)
    place.change(kept, {"spec": {"rotate": "now"}})
    workloads.until_revision(2)
    place.delete(kept)
    place.until_gone("ApiToken", f"{APP}-1", f"{APP}-2")
    place.delete(credential)


def tell_of_a_holder(own_control_plane: ControlPlane, place: Workspace, verifier: RunningVerifier) -> None:
    """A pod asks with the token of its ServiceAccount, and without a token of ours."""
    accounts = Accounts(own_control_plane, place.namespace)
    accounts.make()
    accounts.start_pod("job")
    credential = place.credential(serviceAccounts=[{"name": "invoice-bot"}])
    until_answered(verifier, accounts.token(pod="job"), http.client.OK)
    place.until(
        "ApiCredential", "invoice-bot", lambda found: "lastUsedTimes" in found["status"], "its use is written down"
    )
    place.delete(credential)
    accounts.end_pod("job")
    accounts.remove()


def tell_as_the_demo_does(release: Release) -> None:
    """Every chapter about tokens, with a person's commands."""
    kubeconfig = release.root / "kubeconfig"  # a copy, since the person chooses a namespace in it
    shutil.copy(release.control_plane.kubeconfig, kubeconfig)
    env = {"PATH": path_of_reader(release.control_plane.bin), "HOME": str(release.root)}
    story = DemoRunner(cwd=ROOT, env={**env, "KUBECONFIG": str(kubeconfig)}, color=False)
    tell_of_tokens(story, release.control_plane, straight(release.verifier), written=release.root)


def rotate(release: Release) -> None:
    """The keyring, by the command in the operator's pod."""
    name, namespace = f"{release.prefix}-operator", release.namespace
    kubeconfig = Api(release.control_plane.kubeconfig).account_kubeconfig(namespace, name, release.root / "operators")
    done = rotate_keyring(kubeconfig, program_settings(release.documents(), "operator", namespace))
    assert done.returncode == 0, done.stderr


def narrow(release: Release) -> bool:
    """Whether it watches some namespaces only."""
    return "watchNamespaces" in release.values


def until_answered(verifier: RunningVerifier, text: str, status: int) -> None:
    wait_until(lambda: verifier.ask("/auth/nginx", text).status == status, what=f"answered {status}", timeout=60)


@pytest.mark.parametrize("component", COMPONENTS)
def test_without_any_single_right_some_request_of_the_story_would_be_refused(told: Release, component: str) -> None:
    rights = given(told.documents(), f"{told.prefix}-{component}")

    assert rights
    assert unused(rights, asked(told.control_plane, told.account(component))) == set()


@pytest.mark.parametrize("component", COMPONENTS)
def test_nothing_is_asked_that_no_right_covers(told: Release, component: str) -> None:
    rights = given(told.documents(), f"{told.prefix}-{component}")

    requests = asked(told.control_plane, told.account(component))

    assert without_right(rights | (DELEGATED if component == "operator" else set()), requests) == set()
    assert {request for request in requests if not request.allowed} == set()


def test_a_right_too_many_would_be_noticed_and_so_would_one_too_few(told: Release) -> None:
    rights = given(told.documents(), f"{told.prefix}-operator")
    requests = asked(told.control_plane, told.account("operator"))
    surplus = Right("list", "", "secrets")
    needed = next(right for right in rights if (right.verb, right.resource) == ("create", "leases"))

    assert unused({*rights, surplus}, requests) == {surplus}
    assert {request.resource for request in without_right(rights - {needed} | DELEGATED, requests)} == {"leases"}


@pytest.mark.parametrize("component", COMPONENTS)
def test_where_namespaces_are_named_nothing_beyond_them_may_be_touched_but_roles_and_guards_read(
    told: Release, component: str
) -> None:
    everywhere = {right for right in given(told.documents(), f"{told.prefix}-{component}") if not right.namespace}
    watch_elsewhere = ("auth", "can-i", "watch", "apitokens.access.pharia.ai", "--namespace=gamma")

    answer = told.control_plane.kubectl(*watch_elsewhere, user=told.account(component), check=False).stdout.strip()

    assert answer == ("no" if narrow(told) else "yes")
    roles = {Right(verb, "access.pharia.ai", "apiroles") for verb in ("list", "watch")}
    looks = {Right(verb, group, resource, name=name) for verb, group, resource, name, _ in NEEDED_TO_LOOK}
    asks = {Right("get", "", address) for address in ADDRESSES} | {
        Right("create", "authentication.k8s.io", "tokenreviews")
    }
    assert (everywhere == roles | (looks if component == "operator" else asks)) == narrow(told)


def test_helm_test_asks_a_verifier_that_knows_the_cluster(told: Release) -> None:
    (pod,) = of_kind(told.documents(), "Pod")
    _, *arguments, url = pod["spec"]["containers"][0]["command"]

    def ask(address: str) -> str:
        done = subprocess.run([sys.executable, *arguments, address], capture_output=True, text=True, check=False)
        return done.stderr.strip() if done.returncode else "passed"

    assert url == f"http://{told.prefix}-verifier.{told.namespace}.svc/whoami"
    assert ask(f"{told.verifier.url}/whoami") == "passed"
    assert ask(f"{told.verifier.url}/nowhere").endswith("answered 404")
    assert ask("http://127.0.0.1:1/whoami").endswith("are pods of the verifier ready?")


def test_a_token_in_a_namespace_that_is_not_named_stays_as_it_is(told: Release) -> None:
    place = Workspace(Api(told.control_plane.kubeconfig), "gamma")

    found = place.read("ApiToken", "ci")

    assert found is not None
    assert ("phase" in found["status"]) != narrow(told)
    assert (place.read("Secret", "ci-token") is None) == narrow(told)
