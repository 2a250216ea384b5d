"""Requests for a person's own Secrets: tried by a dry run, marked, overwritten only as they were read."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.domain.administration.own_secret import OwnSecret, SecretMark
from pharia_access.domain.administration.secret_workloads import SecretWorkloads
from pharia_access.errors import InvalidError, InvalidObjectError
from pharia_access.kube.administration.own_secrets import new_secret, own_secret
from pharia_access.kube.administration.personal_secrets import PersonalSecrets
from pharia_access.kube.administration.workloads import KubeWorkloads
from pharia_access.kube.client import connect
from pharia_access.kube.login import Login
from tests.support.builders.domain_objects import TEXT, TOKEN
from tests.support.fakes.hostile_api import ReceivedRequest, hostile_api, plain_kubeconfig, reply

if TYPE_CHECKING:
    from pathlib import Path

MARK = SecretMark("invoice-bot", "ci", "AA_API_TOKEN")


def stored(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - parts of a Secret
    """The Secret as the API server has it once the command wrote it."""
    body = new_secret(TOKEN, MARK, TEXT)
    metadata = {**body["metadata"], "uid": "u", "resourceVersion": "7", **changes.pop("metadata", {})}
    return {**body, **changes, "metadata": metadata}


@pytest.mark.parametrize(
    ("changes", "read"),
    [
        ({}, OwnSecret(TOKEN, "u", "7", mark=MARK)),
        ({"immutable": True}, OwnSecret(TOKEN, "u", "7", immutable=True, mark=MARK)),
        ({"type": "x"}, OwnSecret(TOKEN, "u", "7", "x", mark=MARK)),
        ({"metadata": {"labels": {}}}, OwnSecret(TOKEN, "u", "7")),
        ({"metadata": {"annotations": None}}, OwnSecret(TOKEN, "u", "7")),
        (
            {"metadata": {"deletionTimestamp": "2026-11-23T12:00:00Z"}},
            OwnSecret(TOKEN, "u", "7", deleting=True, mark=MARK),
        ),
    ],
)
def test_a_secret_is_read_without_its_data(changes: dict[str, Any], read: OwnSecret) -> None:
    assert own_secret(TOKEN, json.dumps(stored(**changes)).encode()) == read


def test_what_is_no_json_is_an_error_that_does_not_hold_it() -> None:
    with pytest.raises(InvalidObjectError) as raised:
        own_secret(TOKEN, TEXT.reveal().encode())

    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    assert TEXT.reveal() not in str(raised.value)


async def test_a_write_is_tried_first_and_an_overwrite_is_conditional(tmp_path: Path) -> None:
    async with (
        hostile_api(lambda _: reply(201, {"kind": "Secret"})) as api,
        connect(Login(plain_kubeconfig(tmp_path / "kubeconfig", api.url)), pool_size=1) as connection,
    ):
        secrets = PersonalSecrets(connection, timeout_seconds=5)
        await secrets.create_own(TOKEN, MARK, None)
        await secrets.create_own(TOKEN, MARK, TEXT)
        await secrets.overwrite_own(OwnSecret(TOKEN, "u", "7"), MARK, None)
        await secrets.overwrite_own(OwnSecret(TOKEN, "u", "7"), MARK, TEXT)

    bodies = [json.loads(request.body) for request in api.requests]
    written = base64.b64encode(TEXT.reveal().encode()).decode()
    assert ["dryRun" in request.query for request in api.requests] == [True, False, True, False]
    assert [request.method for request in api.requests] == ["POST", "POST", "PATCH", "PATCH"]
    assert [body["data"] for body in bodies] == [{"AA_API_TOKEN": ""}, {"AA_API_TOKEN": written}] * 2
    assert [(body["metadata"]["uid"], body["metadata"]["resourceVersion"]) for body in bodies[2:]] == [("u", "7")] * 2


async def test_a_refused_overwrite_repeats_nothing_of_the_secret(tmp_path: Path) -> None:
    """An answer to a PATCH may quote the whole object that came of it."""
    quoted = f'Secret "ci" is invalid: patch: Invalid value: "{json.dumps(stored())}": cannot be handled'
    refused = {"kind": "Status", "reason": "Invalid", "message": quoted}
    async with (
        hostile_api(lambda _: reply(422, refused)) as api,
        connect(Login(plain_kubeconfig(tmp_path / "kubeconfig", api.url)), pool_size=1) as connection,
    ):
        secrets = PersonalSecrets(connection, timeout_seconds=5)
        with pytest.raises(InvalidError) as raised:
            await secrets.overwrite_own(OwnSecret(TOKEN, "u", "7"), MARK, TEXT)

    told = f"{raised.value}{raised.value.server_message}"
    assert base64.b64encode(TEXT.reveal().encode()).decode() not in told
    assert "AA_API_TOKEN" not in told


async def test_workloads_that_read_a_secret_are_found_as_far_as_one_may_list_them(tmp_path: Path) -> None:
    def lists(request: ReceivedRequest) -> bytes:
        if request.path.endswith("daemonsets"):
            return reply(403, {"kind": "Status", "reason": "Forbidden"})
        first = "continue" not in request.query
        name = f"{request.path.rpartition('/')[2]}-{1 if first else 2}"
        pod = {"volumes": [{"secret": {"secretName": TOKEN.name if first else "other"}}]}
        item = {"metadata": {"name": name}, "spec": {"template": {"spec": pod}}}
        return reply(200, {"metadata": {"continue": "more"} if first else {}, "items": [item]})

    async with (
        hostile_api(lists) as api,
        connect(Login(plain_kubeconfig(tmp_path / "kubeconfig", api.url)), pool_size=1) as connection,
    ):
        found = await KubeWorkloads(connection, timeout_seconds=5).readers_of(TOKEN)

    assert found == SecretWorkloads(("deployment/deployments-1", "statefulset/statefulsets-1"), certain=False)
    assert api.requests[0].path == f"/apis/apps/v1/namespaces/{TOKEN.namespace}/deployments"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"<html>", id="a page"),
        pytest.param(b"\xff", id="no text"),
        pytest.param({}, id="no list"),
        pytest.param({"metadata": {}, "items": None}, id="no items"),
        pytest.param({"metadata": {}, "items": [{"metadata": {"name": "x"}, "spec": {}}]}, id="no template"),
        pytest.param({"metadata": {}, "items": [{"metadata": {"name": 7}, "spec": {}}]}, id="a number for a name"),
    ],
)
async def test_an_answer_that_is_no_list_of_workloads_fails_nothing(tmp_path: Path, answer: object) -> None:
    async with (
        hostile_api(lambda _: reply(200, answer)) as api,
        connect(Login(plain_kubeconfig(tmp_path / "kubeconfig", api.url)), pool_size=1) as connection,
    ):
        found = await KubeWorkloads(connection, timeout_seconds=5).readers_of(TOKEN)

    assert found == SecretWorkloads((), certain=False)
