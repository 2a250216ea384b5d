"""The chart in real pods, told to look after one namespace, with Roles instead of rights in the whole cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.operators.constant_checks import DEAD, GOOD, answers
from tests.support.pods.pod_story import tell_the_story
from tools.control_plane.api import Api
from tools.control_plane.installation import NAMESPACE
from tools.control_plane.processes import wait_until
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.pods.release import Release

OUTSIDE = "outside"


@pytest.fixture(scope="module")
def outside(release: Release) -> Workspace:
    """A namespace that will not be looked after, with a token that was minted before."""
    control_plane = release.cluster.control_plane
    control_plane.kubectl("create", "namespace", OUTSIDE)
    place = Workspace(Api(control_plane.kubeconfig), OUTSIDE)
    place.role()
    place.credential()
    place.issued("before")
    return place


@pytest.fixture(scope="module")
def narrowed(release: Release, outside: Workspace) -> Iterator[Release]:
    """The release, narrowed to the namespace finance; afterwards it is what the defaults say again."""
    until_answered(release, outside, GOOD)
    release.cluster.control_plane.kubectl("apply", "--filename=examples/00-namespace.yaml")
    try:
        release.upgrade({"watchNamespaces": ["finance"]})
        yield release
    finally:
        release.upgrade({})


@pytest.mark.parametrize("component", ["operator", "verifier"])
def test_the_pods_have_rights_in_the_named_namespace_and_none_outside(narrowed: Release, component: str) -> None:
    def may_watch(place: str) -> str:
        account = f"system:serviceaccount:{NAMESPACE}:pharia-access-{component}"
        asked = ("auth", "can-i", "watch", "apitokens.access.pharia.ai", place)
        return narrowed.cluster.control_plane.kubectl(*asked, user=account, check=False).stdout.strip()

    assert may_watch("--namespace=finance") == "yes"
    assert may_watch(f"--namespace={OUTSIDE}") == "no"
    assert may_watch("--all-namespaces") == "no"


def test_the_whole_story_of_the_demo_is_told_there_and_meanwhile_nothing_is_touched_outside(
    narrowed: Release, outside: Workspace
) -> None:
    outside.token("meanwhile")

    tell_the_story(narrowed)

    token = outside.read("ApiToken", "meanwhile")
    assert token is not None
    assert "phase" not in token["status"]
    assert outside.read("Secret", "meanwhile-token") is None


def test_a_token_from_before_is_not_accepted_any_more(narrowed: Release, outside: Workspace) -> None:
    assert outside.read("ApiToken", "before") is not None
    until_answered(narrowed, outside, DEAD)


def test_widened_again_it_mints_what_waited_and_accepts_what_it_had_minted(
    narrowed: Release, outside: Workspace
) -> None:
    narrowed.upgrade({})

    outside.until_outcome("meanwhile", "Active", "Issued")
    until_answered(narrowed, outside, GOOD)


def until_answered(release: Release, outside: Workspace, status: int) -> None:
    text = outside.text("before-token").reveal()
    wait_until(lambda: answers(release.address, text, status), what=f"the answer is {status}")
