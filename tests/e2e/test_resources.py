"""What the pods take, measured, beside what the chart asks for and allows them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support.pods.pod_meter import PodMeter, checks_per_second

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.pods.release import Release
    from tools.control_plane.workspace import Workspace

COMPONENTS = ("operator", "verifier")
MINTS, MINTS_PER_SECOND = 100, 20
SECONDS = 5


@pytest.fixture(scope="module")
def meters(release: Release, workspace: Workspace) -> Mapping[str, PodMeter]:
    """The pods at rest, while tokens are minted, and while checks are answered as fast as they come."""
    workspace.issued("asked-about")
    with PodMeter(release) as at_rest:
        time.sleep(SECONDS)
    with PodMeter(release) as minting:
        minted = mints_per_second(workspace)
    with PodMeter(release) as checking:
        asked = checks_per_second(release.address, workspace.text("asked-about-token").reveal(), SECONDS)
    return {
        "at rest": at_rest,
        f"while {minted:.0f} tokens/s are minted": minting,
        f"while {asked:.0f} checks/s are answered": checking,
    }


def mints_per_second(workspace: Workspace) -> float:
    """Create tokens at an even pace; how fast they become Ready."""
    began = time.monotonic()
    with ThreadPoolExecutor(MINTS_PER_SECOND) as people:
        issued = []
        for number in range(MINTS):
            issued.append(people.submit(workspace.issued, f"one-of-many-{number}"))
            time.sleep(1 / MINTS_PER_SECOND)
        for minted in issued:
            minted.result()
    return MINTS / (time.monotonic() - began)


def test_requests_cover_what_pods_hold_and_limits_leave_room(
    release: Release, meters: Mapping[str, PodMeter], told: Callable[[str], None]
) -> None:
    for component in COMPONENTS:
        (container,) = release.deployment(component)["spec"]["template"]["spec"]["containers"]
        asked, most = (mebibytes(container["resources"][kind]["memory"]) for kind in ("requests", "limits"))
        for what, meter in meters.items():
            held, used = meter.mebibytes(component), meter.millicores(component)
            told(f"{what}, a pod of the {component} holds {held:.0f} MiB and uses {used:.0f} m of CPU")
            assert held < asked
            assert held < most / 2


def mebibytes(quantity: str) -> int:
    return int(quantity.removesuffix("Mi"))
