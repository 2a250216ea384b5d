"""Lists and watches on a real API server: nothing is missed, and nothing is listed anew without need."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from pharia_access.kube.reflector import Watched
from pharia_access.kube.verifier.decoding import read_credential
from tests.support.operators.reflection import DEADLINE_SECONDS, Roles, eventually, reflecting
from tools.control_plane.api import Api, rule
from tools.control_plane.cuttable_proxy import CuttableProxy
from tools.control_plane.installation import NAMESPACE
from tools.control_plane.verifiers import VERIFIER_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace


@pytest.fixture
def roles(admin: Api, namespace: str) -> Iterator[Roles]:
    made = Roles(admin, f"{namespace[-40:].lstrip('-')}.")  # a name has 63 characters at most
    yield made
    made.clear()


@pytest.fixture
def kubeconfig(control_plane: ControlPlane, tmp_path: Path) -> Path:
    """The verifier's, with the chart's rights and no other."""
    return control_plane.service_account_kubeconfig(NAMESPACE, VERIFIER_ACCOUNT, tmp_path / "kubeconfig")


async def test_what_is_there_is_listed_and_what_happens_then_comes_in_its_order(kubeconfig: Path, roles: Roles) -> None:
    roles.create("old")
    async with reflecting(kubeconfig, roles.prefix) as running:
        roles.create("new")
        roles.edit("old")
        roles.delete("new")

        await running.until("put old 0", "listed", "put new 0", "put old 1", "drop new")

    assert running.diary.known == {f"{roles.prefix}old"}
    assert running.diary.causes == []
    assert abs(running.dates[0].timestamp() - time.time()) < DEADLINE_SECONDS


async def test_a_bookmark_ends_a_quiet_watch_and_the_next_goes_on_from_there(
    kubeconfig: Path, roles: Roles, namespace: str
) -> None:
    async with reflecting(kubeconfig, roles.prefix, watch=10) as running:
        before = len(running.diary.fresh_at)
        for turn in range(150):  # a bookmark is only sent for what is newer: elsewhere in the cluster, life goes on
            await asyncio.to_thread(roles.disturb, namespace, turn)
            if len(running.asked.watches) > 2:
                break
            await asyncio.sleep(0.4)

    assert len(running.asked.watches) == 3
    assert sorted(running.asked.watches, key=int) == running.asked.watches
    assert len(running.diary.fresh_at) >= before + 2
    assert running.diary.told == ["listed"]
    assert running.diary.causes == []


async def test_after_a_cut_the_watch_goes_on_without_a_gap_and_without_a_list(
    control_plane: ControlPlane, tmp_path: Path, roles: Roles
) -> None:
    with CuttableProxy(control_plane.server_url) as cuttable_proxy:
        kubeconfig = control_plane.service_account_kubeconfig(
            NAMESPACE, VERIFIER_ACCOUNT, tmp_path / "kubeconfig", server=cuttable_proxy.url
        )
        async with reflecting(kubeconfig, roles.prefix) as running:
            roles.create("before")
            await running.until("listed", "put before 0")

            cuttable_proxy.cut()
            roles.create("meanwhile")
            roles.delete("before")
            await eventually(lambda: "broken" in running.diary.causes, "the cut is noticed")
            cuttable_proxy.mend()

            await running.until("listed", "put before 0", "put meanwhile 0", "drop before")

    assert set(running.diary.causes) == {"broken"}


async def test_a_version_that_the_server_has_forgotten_leads_to_a_fresh_list(kubeconfig: Path, roles: Roles) -> None:
    roles.create("there")
    async with reflecting(kubeconfig, roles.prefix, first_version="1") as running:
        await running.until("put there 0", "listed", "put there 0", "listed")
        roles.delete("there")
        await running.until("drop there")

    assert running.asked.watches[0] == "1"
    assert running.diary.causes == ["expired"]


async def test_a_version_that_the_server_has_not_reached_leads_to_a_fresh_list(kubeconfig: Path, roles: Roles) -> None:
    async with reflecting(kubeconfig, roles.prefix, watch=1, first_version="99999999999") as running:
        roles.create("unheard")
        await running.until("listed", "put unheard 0", "listed")

    assert running.asked.watches[0] == "99999999999"
    assert running.diary.causes[0] == "ended-silent"


async def test_a_missing_right_is_told_and_once_given_all_is_well(
    control_plane: ControlPlane, workspace: Workspace, tmp_path: Path
) -> None:
    name, user = workspace.namespace, f"system:serviceaccount:{workspace.namespace}:watcher"
    control_plane.kubectl("create", "serviceaccount", "watcher", f"--namespace={name}")
    kubeconfig = control_plane.service_account_kubeconfig(name, "watcher", tmp_path / "kubeconfig")
    workspace.credential()
    watched = Watched("ApiCredential", "apicredentials", read_credential, name)
    async with reflecting(kubeconfig, "", watched=watched) as running:
        await eventually(lambda: "denied" in running.diary.causes, "the refusal is noticed")
        rights = rule("access.pharia.ai", "apicredentials", "list", "watch")
        await asyncio.to_thread(workspace.api.grant, user, name, rights)
        await eventually(lambda: "listed" in running.diary.told, "the list comes")

    assert running.diary.known == {"invoice-bot"}
    assert set(running.diary.causes) == {"denied"}


async def test_a_restarted_server_is_followed_from_the_last_version(
    control_plane: ControlPlane, kubeconfig: Path, roles: Roles
) -> None:
    async with reflecting(kubeconfig, roles.prefix) as running:
        roles.create("before")
        await running.until("listed", "put before 0")

        control_plane.restart_api_server()  # by this thread, which it is tied to
        roles.create("after")

        await eventually(lambda: f"{roles.prefix}after" in running.diary.known, "the view goes on")

    assert running.diary.known == {f"{roles.prefix}before", f"{roles.prefix}after"}
    control_plane.restart_controllers()  # whose watches would wait up to a minute
