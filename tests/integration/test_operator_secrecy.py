"""No token's text anywhere but in its one-time Secret: everything that the operator leaves behind is searched."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from tests.support.security.leaks import base64_forms
from tests.support.security.left_behind import left_behind
from tools.control_plane.resources import secret
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pharia_access.domain.token import TokenText
    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.operators import RunningOperator
    from tools.control_plane.plane import ControlPlane


@pytest.fixture
def talkative(pool: OperatorPool) -> Iterator[RunningOperator]:
    """An operator that logs all it can."""
    with pool.alone({"PHARIA_ACCESS_LOG_LEVEL": "debug"}) as operator:
        yield operator


def needles(text: TokenText) -> list[str]:
    """What must not be found: the text, its secret part, and either in base64 at each alignment."""
    whole = text.reveal()
    tail = whole.rsplit("_", 1)[1]
    return [whole, tail, tail[:-6], *base64_forms(whole), *base64_forms(tail)]


def live_a_full_life(workspace: Workspace) -> list[TokenText]:
    """Everything that may happen to tokens; returns what was minted."""
    minted = [issue(workspace, "active"), issue(workspace, "revoked"), issue(workspace, "collected")]
    minted += [issue(workspace, "expired"), issue(workspace, "withdrawn", delivery={})]
    minted.append(issue(workspace, "deleted"))
    workspace.api.create(secret(workspace.namespace, "conflicting-token"))
    workspace.token("conflicting")
    workspace.token("refused", ttl="8784h", credentialRef={"name": "strict"})
    workspace.token("waiting", credentialRef={"name": "nobody"})

    workspace.end_in(workspace.known("ApiToken", "expired"), 1)
    workspace.revoke("revoked")
    workspace.delete(workspace.known("Secret", "collected-token"))
    workspace.delete(workspace.known("ApiToken", "deleted"))
    workspace.until_outcome("conflicting", "Pending", "SecretConflict")
    workspace.until_outcome("refused", "Failed", "TTLTooLong")
    workspace.until_outcome("waiting", "Pending", "CredentialNotFound")
    workspace.until_outcome("revoked", "Revoked", "Revoked")
    workspace.until_outcome("expired", "Expired", "Expired")
    workspace.until_delivery("collected", "Collected")
    workspace.until_delivery("withdrawn", "Withdrawn")
    workspace.until_gone("Secret", "deleted-token")
    return minted


def issue(workspace: Workspace, name: str, **spec: object) -> TokenText:
    """Mint a token and read it."""
    workspace.issued(name, **spec)
    return workspace.text(f"{name}-token")


def everything(control_plane: ControlPlane, operator: RunningOperator, workspace: Workspace) -> dict[str, str]:
    """All that is left behind, by where it is. The one Secret that holds a live token is left out."""
    left = left_behind(control_plane, workspace.api, operator.process)
    left["the metrics"] = operator.get("/metrics")[1]
    for item in workspace.api.find("Secret", None).body["items"]:
        place = (item["metadata"]["namespace"], item["metadata"]["name"])
        if place != (workspace.namespace, "active-token"):
            plain = {name: base64.b64decode(value).decode("latin-1") for name, value in item.get("data", {}).items()}
            left[f"Secret {place}"] = json.dumps([item, plain])
    return left


def test_a_minted_token_is_found_nowhere_but_in_its_secret(
    control_plane: ControlPlane, talkative: RunningOperator, workspace: Workspace
) -> None:
    workspace.credential()
    workspace.credential("strict", tokenPolicy={"maxTTL": "1h"})
    minted = live_a_full_life(workspace)

    left = everything(control_plane, talkative, workspace)

    assert len({text.token_id for text in minted}) == len(minted) == 6
    for place, content in left.items():
        leaked = [needle for text in minted for needle in needles(text) if needle in content]
        assert not leaked, f"{len(leaked)} findings in {place}"  # never which: this goes to a log too
    known_ids = [text.token_id for text in minted if text.token_id in left["ApiToken"]]
    assert len(known_ids) == len(minted) - 1, "the search looks at the right objects"
