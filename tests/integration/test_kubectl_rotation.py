"""`kubectl access token rotate` and `expire` on the real API server: a new token first, then an end for the old one."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.token import parse
from pharia_access.errors import UnavailableError
from pharia_access.services.administration import rotation
from tools.control_plane.api import APPLY, rule
from tools.control_plane.workspace import instant, now, others

if TYPE_CHECKING:
    from datetime import datetime

    from tests.support.kubectl.command_line import Access
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

DAY = timedelta(days=1)
GROUP = "access.pharia.ai"


def end_of(workspace: Workspace, name: str) -> datetime | None:
    """What `spec.expiresAt` says."""
    token = workspace.read("ApiToken", name)
    assert token is not None
    end = token["spec"].get("expiresAt")
    return instant(end) if end else None


def test_rotation_leaves_two_good_tokens_and_an_end_for_the_old_one(access: Access, workspace: Workspace) -> None:
    workspace.issued("ci", ttl="100h", description="the pipeline", delivery={"window": "20m"})

    told = access("token", "rotate", "ci", "--overlap", "24h", "--yes")

    (new,) = others(workspace, "ci")
    assert told.status == 0, told.err
    assert parse(told.out.strip()).token_id == new["status"]["tokenID"]
    spec = {"credentialRef": {"name": "invoice-bot"}, "description": "the pipeline", "ttl": "100h"}
    assert new["spec"] == {**spec, "delivery": {"window": "20m"}}
    assert end_of(workspace, "ci") == pytest.approx(now() + DAY, abs=timedelta(minutes=1))
    table = [line.split() for line in told.err.splitlines()[-2:]]
    assert table[0] == ["OLD", "ENDS", "NEW", "ENDS"]
    assert (table[1][0], table[1][3]) == ("ci", new["metadata"]["name"])
    workspace.until_delivery(new["metadata"]["name"], "Collected")


def test_an_old_token_that_ends_sooner_is_left_alone_and_nothing_is_asked(access: Access, workspace: Workspace) -> None:
    workspace.issued("ci", ttl="1h")

    told = access("token", "rotate", "ci", "--expires", "48h", "-o", "json")

    (new,) = others(workspace, "ci")
    assert told.status == 0, told.err
    assert json.loads(told.out)["name"] == new["metadata"]["name"]
    assert new["spec"]["ttl"] == "48h"
    assert end_of(workspace, "ci") is None


def test_without_a_terminal_and_yes_nothing_is_made(access: Access, workspace: Workspace) -> None:
    workspace.issued("ci", ttl="100h")

    told = access("token", "rotate", "ci")

    assert (told.status, told.out, others(workspace, "ci")) == (1, "", [])
    assert "Users of the token ci (never seen in use) are affected." in told.err
    assert "Run the command again with --yes" in told.err


def test_a_dry_run_makes_nothing(access: Access, workspace: Workspace) -> None:
    workspace.issued("ci", ttl="100h")

    told = access("token", "rotate", "ci", "--name", "ci-next", "--dry-run")

    assert (told.status, told.out) == (0, ""), told.err
    assert "ci-next" in told.err
    assert told.err.endswith("(dry run: nothing was changed)\n")
    assert others(workspace, "ci") == []
    assert end_of(workspace, "ci") is None


def test_an_end_that_git_declares_is_refused_before_anything_is_minted(access: Access, workspace: Workspace) -> None:
    until = (now() + 9 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    token = workspace.issued("ci", expiresAt=until)
    declared = {name: token[name] for name in ("apiVersion", "kind")} | {
        "metadata": {"name": "ci"},
        "spec": {"credentialRef": {"name": "invoice-bot"}, "expiresAt": until},
    }
    reply = workspace.api.patch(token, declared, form=APPLY, fieldManager="argocd-controller", force="true")
    assert reply.ok, reply.message

    refused = access("token", "rotate", "ci", "--yes")
    kept = others(workspace, "ci")
    forced = access("token", "rotate", "ci", "--yes", "--force")

    assert (refused.status, refused.out, kept) == (1, "", [])
    assert (
        "spec.expiresAt of token ci is declared in Git (by argocd-controller), which may revert the change"
        in refused.err
    )
    assert forced.status == 0, forced.err
    assert len(others(workspace, "ci")) == 1


def test_whoever_may_not_end_the_old_one_makes_no_new_one(access: Access, workspace: Workspace) -> None:
    workspace.issued("ci", ttl="100h")
    may = [rule(GROUP, "apitokens", "get", "list", "create"), rule(GROUP, "apicredentials", "get")]
    workspace.api.grant("minter", workspace.namespace, *may, rule(GROUP, "apicredentials/token", "create"))

    told = access("token", "rotate", "ci", "--yes", "--as", "minter")

    assert (told.status, others(workspace, "ci")) == (1, [])
    assert f"You may not end the token ci in namespace {workspace.namespace}." in told.err
    assert "This needs the verb patch on apitokens.access.pharia.ai" in told.err


def test_what_breaks_off_after_the_mint_says_how_to_finish(
    access: Access, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.issued("ci", ttl="100h")
    with monkeypatch.context() as broken:
        broken.setattr(rotation, "bring_forward", unreachable)
        told = access("token", "rotate", "ci", "--yes", "--overlap", "2h")
    again = access("token", "rotate", "ci", "--yes")
    before = end_of(workspace, "ci")
    command = told.err[told.err.index("kubectl access ") :].splitlines()[0].split()[2:]
    finished = access(*command, "--yes")

    (new,) = others(workspace, "ci")
    assert told.status == again.status == 1
    assert parse(told.out.strip()).token_id == new["status"]["tokenID"]
    assert f"The token ci was already replaced by {new['metadata']['name']}." in again.err
    assert before is None
    assert command[:2] == ["token", "expire"]
    assert finished.status == 0, finished.err
    assert end_of(workspace, "ci") == pytest.approx(now() + timedelta(hours=2), abs=timedelta(minutes=1))


async def unreachable(*_: object) -> None:
    message = "the cable was pulled"
    raise UnavailableError(message)


def test_an_end_is_brought_forward_and_never_postponed(access: Access, workspace: Workspace) -> None:
    workspace.issued("long", ttl="100h")
    workspace.issued("short", ttl="1h")

    unasked = access("token", "expire", "long", "short", "--in", "2h")
    told = access("token", "expire", "long", "short", "--in", "2h", "--yes")

    assert unasked.status == 1
    assert told.status == 0, told.err
    assert told.err.startswith("token short already ends at 20")
    assert end_of(workspace, "long") == pytest.approx(now() + timedelta(hours=2), abs=timedelta(minutes=1))
    assert end_of(workspace, "short") is None
