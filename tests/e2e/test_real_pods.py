"""The chart with its default values in real pods, from the image that the Dockerfile makes; told from top to bottom."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pharia_access import __version__
from tests.support.operators.constant_checks import DEAD, GOOD, ConstantChecks, check, wait_until_known
from tests.support.pods.pod_story import tell_the_story
from tools.control_plane.installation import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.pods.release import Release
    from tools.control_plane.workspace import Workspace

MIB = 1024 * 1024
AT_ONCE_SECONDS = 2.0
NO_SUCH_PROGRAM = re.compile(r"no such file|not found in \$PATH")


@pytest.fixture
def checks(release: Release, workspace: Workspace) -> Iterator[ConstantChecks]:
    """While the test runs, a good token and a revoked one are asked about; every answer must be the right one."""
    good, dead = (f"{kind}-{len(workspace.list('ApiToken'))}" for kind in ("good", "dead"))
    texts = {name: _mint(workspace, name) for name in (good, dead)}
    workspace.revoke(dead)
    wait_until_known(release.address, texts[good], GOOD)
    wait_until_known(release.address, texts[dead], DEAD)
    with ConstantChecks(release.address, {texts[good]: GOOD, texts[dead]: DEAD}) as asking:
        yield asking
    assert asking.wrong == {}
    assert asking.count(GOOD) > 100
    assert asking.count(DEAD) > 100


def test_helm_installs_it_and_every_pod_becomes_available(release: Release) -> None:
    for component, replicas in (("operator", 1), ("verifier", 2)):
        status = release.deployment(component)["status"]
        assert (status["readyReplicas"], status["availableReplicas"]) == (replicas, replicas)
        restarts = [pod["status"]["containerStatuses"][0]["restartCount"] for pod in release.pods(component).values()]
        assert restarts == [0] * replicas


@pytest.mark.parametrize("component", ["operator", "verifier"])
def test_the_kernel_restrains_each_process_as_the_chart_says(
    release: Release, component: str, told: Callable[[str], None]
) -> None:
    (container,) = release.deployment(component)["spec"]["template"]["spec"]["containers"]
    asked, granted = container["resources"]["requests"], container["resources"]["limits"]

    for pod in release.pods(component).values():
        ((cgroup, process),) = release.processes(pod)
        assert f"{release.setting('memory', cgroup, 'memory.limit_in_bytes') // MIB}Mi" == granted["memory"]
        assert release.setting("cpu", cgroup, "cpu.shares") == int(asked["cpu"].removesuffix("m")) * 1024 // 1000
        assert set(process["Uid"].split()) == {"65532"}
        assert (process["CapEff"], process["CapBnd"]) == ("0" * 16, "0" * 16)
        assert (process["NoNewPrivs"], process["Seccomp"]) == ("1", "2")
        told(f"at rest, a process of the {component} holds {int(process['VmRSS'].split()[0]) // 1024} MiB")


def test_the_image_runs_commands_has_no_shell_and_cannot_be_written_to(release: Release) -> None:
    inside = ("exec", "deployment/pharia-access-operator", f"--namespace={NAMESPACE}", "--")
    kubectl = release.cluster.control_plane.kubectl

    assert kubectl(*inside, "pharia-access", "--version").stdout == f"{__version__}\n"
    for shell in ("sh", "bash", "/bin/sh"):
        assert NO_SUCH_PROGRAM.search(kubectl(*inside, shell, "-c", "true", check=False).stderr)
    write = ("python3", "-c", "open('/opt/pharia-access/note', 'w')")
    assert "Read-only file system" in kubectl(*inside, *write, check=False).stderr


def test_the_whole_story_of_the_demo(release: Release) -> None:
    tell_the_story(release)


def test_helm_test_passes(release: Release) -> None:
    said = release.test()

    assert "Phase:          Succeeded" in said


def test_helm_test_says_what_is_wrong_where_no_verifier_serves(release: Release) -> None:
    with release.without_verifier():
        said = release.test(passes=False)

    assert "no answer from http://pharia-access-verifier.pharia-access-system.svc/whoami" in said
    assert "are pods of the verifier ready?" in said


def test_a_rolling_upgrade_refuses_no_good_token_and_accepts_no_dead_one(
    release: Release, workspace: Workspace, checks: ConstantChecks, told: Callable[[str], None]
) -> None:
    before = {**release.pods("operator"), **release.pods("verifier")}
    began = time.monotonic()

    with ThreadPoolExecutor() as aside:
        rolled = {"podAnnotations": {"rolled": "1"}}
        text = _mint(workspace, "short-lived")
        upgrade = aside.submit(release.upgrade, {"operator": rolled, "verifier": rolled})
        _live_and_die(release, workspace, checks, text)
        assert not upgrade.done(), "the token's life was to end within the upgrade"
        upgrade.result()

    assert before.keys().isdisjoint({**release.pods("operator"), **release.pods("verifier")})
    told(f"a rolling upgrade of every pod took {time.monotonic() - began:.0f} s; {_answers(checks)}")


def test_a_deleted_verifier_pod_is_replaced_unnoticed(
    release: Release, checks: ConstantChecks, told: Callable[[str], None]
) -> None:
    release.replace_a_pod("verifier")

    told(f"a verifier's pod was deleted and replaced; {_answers(checks)}")


def test_a_deleted_operator_pod_is_replaced_and_the_next_one_mints(
    release: Release, workspace: Workspace, checks: ConstantChecks
) -> None:
    release.replace_a_pod("operator")

    assert check(release.address, _mint(workspace, "after-the-operator")) == GOOD


def test_pods_outlive_a_restart_of_the_kubelet(release: Release, checks: ConstantChecks) -> None:
    before = _containers(release)
    release.cluster.stop_kubelet()
    time.sleep(AT_ONCE_SECONDS)
    assert check(release.address, "no token") == DEAD

    release.cluster.start_kubelet()

    release.replace_a_pod("verifier")  # this needs the kubelet
    assert len(_containers(release) & before) == len(before) - 1


def test_every_program_of_the_cluster_still_runs(release: Release) -> None:
    assert [process.name for process in release.cluster.processes if not process.running] == []


def _mint(workspace: Workspace, name: str) -> str:
    workspace.issued(name)
    return workspace.text(f"{name}-token").reveal()


def _live_and_die(release: Release, workspace: Workspace, checks: ConstantChecks, text: str) -> None:
    """The token `short-lived` is accepted and revoked under the same questions."""
    wait_until_known(release.address, text, GOOD)
    checks.expect(text, GOOD)
    time.sleep(AT_ONCE_SECONDS)
    checks.forget(text)
    workspace.revoke("short-lived")
    wait_until_known(release.address, text, DEAD)
    checks.expect(text, DEAD)


def _containers(release: Release) -> set[str]:
    pods = [*release.pods("operator").values(), *release.pods("verifier").values()]
    return {pod["status"]["containerStatuses"][0]["containerID"] for pod in pods}


def _answers(checks: ConstantChecks) -> str:
    assert checks.wrong == {}
    return (
        f"meanwhile {checks.count(GOOD)} good tokens were accepted and {checks.count(DEAD)} dead ones refused, no other"
    )
