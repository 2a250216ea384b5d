"""The command that rotates the keyring: what it tells, and that it never tells a key."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.domain.keyring import Keyring
from pharia_access.entrypoints.main import main
from pharia_access.kube.manifests import KEYRING_TYPE
from tests.support.builders.domain_objects import NOW
from tests.support.builders.stored_objects import MINTED_STATUS, stored_token
from tests.support.fakes.hostile_api import HostileApi, ReceivedRequest, hostile_api, plain_kubeconfig, reply
from tests.support.fakes.ports import seeded_entropy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OLD = Keyring.fresh(seeded_entropy(), NOW)
OLDER_ID = "k20260101-aaaaaa"


def in_base64(data: dict[str, bytes]) -> dict[str, str]:
    return {name: base64.b64encode(value).decode() for name, value in data.items()}


def the_secret() -> dict[str, Any]:
    metadata = {
        "name": "pharia-access-keyring",
        "namespace": "pharia-access-system",
        "uid": "secret-1",
        "resourceVersion": "7",
        "creationTimestamp": "2026-11-23T12:00:00Z",
    }
    data = in_base64({**OLD.to_data(), OLDER_ID: b"0" * 32})
    return {"metadata": metadata, "type": KEYRING_TYPE, "data": data}


async def rotated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Callable[[ReceivedRequest], bytes]
) -> tuple[int, HostileApi]:
    """The exit status, and the server that was asked."""
    async with hostile_api(answer) as api:
        monkeypatch.setenv("KUBECONFIG", plain_kubeconfig(tmp_path / "kubeconfig", api.url))
        return await asyncio.to_thread(main, ["keyring", "rotate"]), api


def a_server(*, in_use: str = "") -> Callable[[ReceivedRequest], bytes]:
    """One with a keyring of two keys, and a token that was minted under the key of this ID."""
    mac = {"keyID": in_use, "value": "0" * 64}
    items = [stored_token(status={**MINTED_STATUS, "mac": mac})] if in_use else []

    def answer(request: ReceivedRequest) -> bytes:
        if request.path.endswith("/apitokens"):
            return reply(200, {"metadata": {"resourceVersion": "9"}, "items": items})
        return reply(200, the_secret())

    return answer


@pytest.mark.parametrize(
    ("in_use", "kept", "dropped"),
    [
        pytest.param("", OLD.current.key_id, OLDER_ID, id="a key that nobody uses goes"),
        pytest.param(OLDER_ID, f"{OLDER_ID}, {OLD.current.key_id}", "none", id="a key that a token uses stays"),
    ],
)
async def test_it_tells_what_became_of_which_key(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    in_use: str,
    kept: str,
    dropped: str,
) -> None:
    status, api = await rotated(tmp_path, monkeypatch, a_server(in_use=in_use))

    told = capsys.readouterr()
    first, *rest = told.out.splitlines()
    assert (status, told.err) == (0, "")
    assert first.startswith("current key: k20")
    assert rest == [
        f"kept: {kept}",
        f"dropped: {dropped}",
        "The operator uses the new key from its next full list on.",
    ]
    written = json.loads(api.requests[-1].body)
    assert first.removeprefix("current key: ") in json.dumps(written)
    assert not any(value in told.out for value in in_base64(OLD.to_data()).values())


async def test_without_a_keyring_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = reply(404, {"kind": "Status", "code": 404, "reason": "NotFound", "message": "no"})

    status, api = await rotated(tmp_path, monkeypatch, lambda _: missing)

    assert status == 1
    assert capsys.readouterr().err.startswith("pharia-access: there is no keyring yet")
    assert len(api.requests) == 1
