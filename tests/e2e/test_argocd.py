"""The real Argo CD with the two example Applications: what becomes of what Git says. Told from top to bottom."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.argocd.applications import Application, conditions, state
from tests.support.argocd.lua_scripts import CUSTOMIZATIONS, load
from tests.support.argocd.stories import act, events, issued_anew, leaves, revoke, uids
from tests.support.operators.constant_checks import DEAD, GOOD
from tests.support.security.workload_steps import let_the_operator_mint
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.argocd.argocd_programs import ArgoCD
    from tests.support.argocd.git_repository import Repository
    from tools.control_plane.api import Api
    from tools.control_plane.workspace import Workspace

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "argocd" / "access.yaml"
WORKLOAD = EXAMPLE.parents[1] / "workload" / "workload-token.yaml"
PERMANENT = "revocation is permanent: keep revoked at true"
SHORT_RETRY = {"limit": 2, "refresh": True, "backoff": {"duration": "1s"}}
BY_ITSELF, BY_THE_SERVER = "ServerSideDiff=false", "ServerSideDiff=true"
"""How Argo CD may be told to compare."""


def test_the_chart_becomes_synced_and_healthy(chart: Application, told: Callable[[str], None]) -> None:
    began = time.monotonic()
    chart.until_state("Synced", "Healthy", timeout=240)
    chart.until(lambda app: app["status"]["operationState"]["phase"] == "Succeeded", "the sync ends")
    told(f"Argo CD brought the chart to Synced and Healthy in {time.monotonic() - began:.0f} s")


def test_the_examples_become_synced_and_healthy_by_our_scripts(access: Application) -> None:
    app = access.until_state("Synced", "Healthy", timeout=120)
    access.until(lambda app: app["status"]["operationState"]["phase"] == "Succeeded", "the sync ends")

    health = {item["name"]: item["health"]["status"] for item in app["status"]["resources"] if "health" in item}
    assert health.keys() >= {"invoice-bot", "invoice-bot-ci", "invoice-bot-production"}  # Argo CD itself knows none
    assert set(health.values()) == {"Healthy"}


@pytest.mark.parametrize("how", [BY_ITSELF, BY_THE_SERVER])
def test_what_the_operator_writes_is_no_drift(chart: Application, access: Application, how: str) -> None:
    for application in (chart, access):
        with application.compared(how) as before:
            app = application.refresh("hard")

            assert [item for item in app["status"]["resources"] if item["status"] != "Synced"] == []
            assert app["status"]["operationState"] == before["status"]["operationState"], "it was synced again"


def test_a_token_removed_from_git_is_pruned_and_refused_at_once(
    access: Application, git: Repository, finance: Workspace, at_once: Callable[[str, int], None]
) -> None:
    text = finance.text("pruned-token").reveal()
    at_once(text, GOOD)
    git.remove("pruned")
    git.commit()
    access.refresh()

    wait_until(lambda: leaves(finance, "pruned"), what="pruned")
    at_once(text, DEAD)
    finance.until_gone("ApiToken", "pruned")
    finance.until_gone("Secret", "pruned-token")


def test_revoking_by_a_commit(
    access: Application, git: Repository, finance: Workspace, at_once: Callable[[str, int], None]
) -> None:
    text = finance.text("revoked-in-git-token").reveal()
    git.declare("revoked-in-git", revoked=True)
    access.sync(git.commit())

    finance.until_outcome("revoked-in-git", "Revoked", "Revoked")
    at_once(text, DEAD)
    access.until_state("Synced", "Healthy")


def test_where_git_does_not_say_a_token_revoked_live_is_in_sync(access: Application, finance: Workspace) -> None:
    revoke(finance, "revoked-live")

    access.refresh()

    access.until_state("Synced", "Healthy")


def test_where_git_says_the_opposite_it_stays_revoked_and_each_sync_fails_with_the_reason(
    access: Application, git: Repository, finance: Workspace
) -> None:
    access.change({"spec": {"syncPolicy": {"retry": SHORT_RETRY}}})
    git.declare("contradicted", revoked=False)
    access.sync(git.commit())
    revoke(finance, "contradicted")

    app = access.until(lambda app: "SyncError" in conditions(app), "it gives up")

    assert state(app) == ("OutOfSync", "Healthy")
    assert PERMANENT in conditions(app)["SyncError"]
    finance.until_outcome("contradicted", "Revoked", "Revoked")


def test_meanwhile_what_else_git_says_is_applied(access: Application, git: Repository, finance: Workspace) -> None:
    git.remove("revoked-live")
    git.declare("revoked-later", revoked=True)
    commit = git.commit()
    access.refresh()

    finance.until_gone("ApiToken", "revoked-live")
    finance.until_outcome("revoked-later", "Revoked", "Revoked")
    access.until_it_gives_up(commit)


def test_but_if_the_server_compares_the_refusal_ends_the_first_look_and_is_then_hidden(
    access: Application, git: Repository, finance: Workspace
) -> None:
    with access.compared(BY_THE_SERVER):
        git.remove("revoked-later")
        git.commit()
        app = access.refresh_until(lambda app: "ComparisonError" in conditions(app), "it cannot compare")
        assert state(app) == ("Unknown", "Healthy")
        assert PERMANENT in conditions(app)["ComparisonError"]

        nobodys = {"metadata": {"annotations": {"example.com/seen-by": "a person"}}}
        finance.change(finance.known("ApiToken", "deleted"), nobodys)  # so that it looks again
        app = access.until(lambda app: "ComparisonError" not in conditions(app), "it compares")
        assert {item["name"]: item["status"] for item in app["status"]["resources"]}["contradicted"] == "Synced"


def test_when_git_agrees_all_is_in_sync(access: Application, git: Repository, finance: Workspace) -> None:
    git.declare("contradicted", revoked=True)
    git.remove("revoked-in-git")
    access.sync(git.commit())

    finance.until_gone("ApiToken", "revoked-in-git")
    access.until_state("Synced", "Healthy")


def test_a_token_deleted_in_the_cluster_is_healed_as_a_new_one(
    api: Api, access: Application, finance: Workspace, at_once: Callable[[str, int], None]
) -> None:
    text = finance.text("deleted-token").reveal()
    old = finance.until_outcome("deleted", "Active", "Issued")
    finance.delete(old)

    new = finance.until("ApiToken", "deleted", lambda token: issued_anew(token, old), "issued anew", timeout=60)

    assert new["status"]["tokenID"] != old["status"]["tokenID"]
    about_it = {"fieldSelector": f"involvedObject.uid={new['metadata']['uid']},reason=Issued"}
    wait_until(lambda: bool(events(api, about_it)), what="an Event says so", timeout=10)
    at_once(text, DEAD)
    at_once(finance.text("deleted-token").reveal(), GOOD)
    access.until_state("Synced", "Healthy")


def test_the_actions_do_what_they_say(
    access: Application, argo_cd: ArgoCD, finance: Workspace, at_once: Callable[[str, int], None]
) -> None:
    text = finance.text("acted-upon-token").reveal()
    for action, status, health in (("suspend", DEAD, "Suspended"), ("resume", GOOD, "Healthy")):
        act(argo_cd, finance, "ApiCredential", "invoice-bot", action)
        at_once(text, status)
        access.until_state("Synced", health)

    act(argo_cd, finance, "ApiToken", "acted-upon", "revoke")
    finance.until_outcome("acted-upon", "Revoked", "Revoked")
    at_once(text, DEAD)


def test_a_workload_token_that_may_not_mint_is_degraded_and_one_that_somebody_suspended_is_suspended(
    access: Application, argo_cd: ArgoCD, git: Repository, finance: Workspace
) -> None:
    manifest, _ = WORKLOAD.read_text(encoding="utf-8").split("---\n")  # without the binding that lets the operator mint
    (git.folder / "workload.yaml").write_text(manifest, encoding="utf-8")
    git.commit()
    access.refresh()
    access.until_state("Synced", "Degraded")

    for action, health in (("suspend", "Suspended"), ("resume", "Degraded")):
        act(argo_cd, finance, "WorkloadToken", "invoice-bot-app", action)
        access.until_state("Synced", health)
    let_the_operator_mint(finance)
    access.until_state("Synced", "Progressing")  # until the first token has settled
    current = load(CUSTOMIZATIONS / "WorkloadToken" / "testdata" / "current.yaml")
    assert argo_cd.act(current, "rotate") == {"spec": {"rotate": f"after {current['status']['current']['name']}"}}

    git.remove("workload")
    access.sync(git.commit())
    finance.until_gone("WorkloadToken", "invoice-bot-app")
    finance.until_gone("ApiToken", "invoice-bot-app-1")
    access.until_state("Synced", "Healthy")


def test_where_git_says_the_opposite_a_suspension_is_healed(
    access: Application, git: Repository, finance: Workspace
) -> None:
    manifest = git.folder / "02-credential.yaml"
    manifest.write_text(f"{manifest.read_text(encoding='utf-8').rstrip()}\n  suspended: false\n", encoding="utf-8")
    access.sync(git.commit())
    finance.change(finance.known("ApiCredential", "invoice-bot"), {"spec": {"suspended": True}})

    finance.until("ApiCredential", "invoice-bot", lambda now: now["spec"]["suspended"] is False, "resumed", timeout=60)


def test_a_credential_removed_from_git_takes_its_tokens_along(
    access: Application, git: Repository, finance: Workspace, at_once: Callable[[str, int], None]
) -> None:
    text = finance.text("invoice-bot-token").reveal()
    old = finance.until_outcome("invoice-bot-production", "Active", "Issued")
    git.remove("02-credential")
    git.commit()
    access.refresh()

    finance.until_gone("ApiCredential", "invoice-bot")
    at_once(text, DEAD)
    new = finance.until_outcome("invoice-bot-production", "Pending", "CredentialNotFound", timeout=60)
    assert new["metadata"]["uid"] != old["metadata"]["uid"]
    access.until_state("Synced", "Progressing")


def test_deleting_the_application_leaves_what_it_made(access: Application, finance: Workspace) -> None:
    before = uids(finance)

    access.delete(cascade=False)

    assert len(before) > 3
    assert uids(finance) == before


def test_deleting_it_with_the_finalizer_takes_all_along_and_nothing_hangs(
    api: Api, access: Application, git: Repository, finance: Workspace
) -> None:
    again = Application.create(api, EXAMPLE, git)
    again.until_state("Synced", "Progressing")  # it took over what was there

    again.delete(cascade=True)

    assert uids(finance) == {}
    assert finance.read("Namespace", "finance") is None
