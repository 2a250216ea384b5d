"""A status for an API server whose CRD is older: what it does not know is left out, and nobody writes it again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.model import CredentialStatus, TokenCounts
from pharia_access.errors import InvalidError
from pharia_access.kube.client import connect
from pharia_access.kube.gateway import KubeCluster
from tests.support.builders.domain_objects import NOW, WINDOW, a_credential, a_token
from tests.support.builders.stored_objects import stored_credential, stored_token
from tests.support.fakes.hostile_api import hostile_api, plain_kubeconfig, reply

if TYPE_CHECKING:
    from pathlib import Path

    from pharia_access.domain.model import Token

STATUS = replace(a_token().status, observed_generation=1, ends_at=NOW)


def unknown(field: str) -> bytes:
    message = f'strict decoding error: unknown field "{field}"'
    return reply(422, {"kind": "Status", "code": 422, "reason": "Invalid", "message": message})


async def written(folder: Path, *answers: bytes) -> tuple[Token, list[set[str]]]:
    """What came of a write, and the fields of the statuses that were sent."""
    left = list(answers)
    async with (
        hostile_api(lambda _: left.pop(0)) as api,
        connect(plain_kubeconfig(folder / "kubeconfig", api.url), pool_size=1) as connection,
    ):
        token = await KubeCluster(connection, default_window=WINDOW).write_token_status(a_token(), STATUS)
        return token, [set(json.loads(request.body)["status"]) for request in api.requests]


async def test_what_the_server_does_not_know_is_left_out_and_counts_as_written(tmp_path: Path) -> None:
    done = reply(200, stored_token(status={"observedGeneration": 1}))

    token, sent = await written(tmp_path, unknown("status.mac.keyFingerprint"), unknown("status.endsAt"), done)

    assert ["endsAt" in fields for fields in sent] == [True, True, False]
    assert token.status == STATUS


@pytest.mark.parametrize("fields", [("status.phase",), ("status.endsAt", "status.endsAt")])
async def test_any_other_refusal_is_one(tmp_path: Path, fields: tuple[str, ...]) -> None:
    with pytest.raises(InvalidError):
        await written(tmp_path, *(unknown(field) for field in fields))


async def test_a_credential_is_written_without_its_summary_and_counts_as_written(tmp_path: Path) -> None:
    status = CredentialStatus(1, (), TokenCounts(active=3), "studio-user")
    done = reply(200, stored_credential(status={"observedGeneration": 1, "tokens": {"active": 3}}))
    left = [unknown("status.rolesSummary"), done]
    async with (
        hostile_api(lambda _: left.pop(0)) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=1) as connection,
    ):
        cluster = KubeCluster(connection, default_window=WINDOW)
        credential = await cluster.write_credential_status(a_credential(), status)
        sent = [set(json.loads(request.body)["status"]) for request in api.requests]

    assert ["rolesSummary" in fields for fields in sent] == [True, False]
    assert credential.status == status
