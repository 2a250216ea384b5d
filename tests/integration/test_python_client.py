"""The package for Python services against the real verifier, with tokens of the real API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pharia_access_client import Access, permission
from tests.support.clients.applications import Recorder
from tests.support.clients.exchanges import EXCHANGES, READER, ROLES, played
from tools.control_plane.processes import wait_until

if TYPE_CHECKING:
    from tools.control_plane.verifiers import RunningVerifier
    from tools.control_plane.workspace import Workspace

pytestmark = pytest.mark.usefixtures("operator")

_STRANGE = "pharia_aaaaaaaaaaaaaaaa_" + "0" * 49


@pytest.fixture
def tokens(verifier: RunningVerifier, workspace: Workspace) -> dict[str, str]:
    """The tokens of the table, minted by the operator and known to the verifier."""
    for name, permissions in ROLES.items():
        workspace.role(name, permissions=[_as_declared(each) for each in permissions])
    issued = {
        "reader": _issued(workspace, "reader", [READER]),
        "everything": _issued(workspace, "everything", ["clients-everything"]),
        "nothing": _issued(workspace, "nothing", ["clients-nowhere"]),
        "revoked": _issued(workspace, "revoked", [READER]),
    }
    token = {"kind": "ApiToken", "metadata": {"namespace": workspace.namespace, "name": "revoked"}}
    for name, text in issued.items():
        _until(verifier, text, 200, f"?role={READER}" if name in {"reader", "revoked"} else "")
    _until(verifier, issued["everything"], 200, "?permission=AccessModel")
    workspace.change(token, {"spec": {"revoked": True}})
    _until(verifier, issued["revoked"], 401)
    return {**issued, "strange": _STRANGE}


def test_the_real_verifier_gives_every_answer_of_the_fake_s_table(
    verifier: RunningVerifier, tokens: dict[str, str]
) -> None:
    told = {exchange.name: played(exchange, verifier.url, tokens) for exchange in EXCHANGES}

    assert told == {exchange.name: exchange.answer for exchange in EXCHANGES}


async def test_a_service_lets_in_whom_the_verifier_knows_and_no_longer_than_that(
    verifier: RunningVerifier, workspace: Workspace, tokens: dict[str, str]
) -> None:
    app = Recorder()
    access = Access(app, verifier.url, requirements={"/": permission("AccessModel", model="a/b;c&d")})

    async def status(name: str) -> int:
        headers = {"Authorization": f"Bearer {tokens[name]}"}
        return (await app.asked(access, headers=headers)).status_code

    assert [await status(name) for name in tokens] == [200, 200, 403, 401, 401]
    assert app.caller.identity.credential == f"{workspace.namespace}/everything"
    token = {"kind": "ApiToken", "metadata": {"namespace": workspace.namespace, "name": "reader"}}
    workspace.change(token, {"spec": {"revoked": True}})
    _until(verifier, tokens["reader"], 401)

    assert await status("reader") == 401


def _issued(workspace: Workspace, name: str, roles: list[str]) -> str:
    workspace.credential(name, roles=roles)
    workspace.issued(name, ttl="1h", credentialRef={"name": name})
    return workspace.text(f"{name}-token").reveal()


def _until(verifier: RunningVerifier, token: str, status: int, query: str = "") -> None:
    wait_until(
        lambda: verifier.ask(f"/auth/forward{query}", token).status == status,
        what=f"a check is answered {status}",
    )


def _as_declared(asked: dict[str, str]) -> dict[str, object]:
    fields = {key: value for key, value in asked.items() if key != "permission"}
    return {"permission": asked["permission"], **({"fields": fields} if fields else {})}
