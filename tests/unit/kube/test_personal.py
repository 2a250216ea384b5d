"""What goes out with a person's rights: pages, dry runs, and Secrets that are gone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.deletions import NOT_THERE
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import UnavailableError
from pharia_access.kube.administration.objects import KubeObjects
from pharia_access.kube.administration.personal_secrets import PersonalSecrets
from pharia_access.kube.client import connect
from pharia_access.kube.login import Login
from tests.support.builders.domain_objects import TOKEN
from tests.support.fakes.hostile_api import ReceivedRequest, hostile_api, plain_kubeconfig, reply

if TYPE_CHECKING:
    from pathlib import Path

GONE = {"kind": "Status", "reason": "NotFound", "message": 'secrets "ci" not found'}


async def test_a_list_goes_on_where_the_page_before_ended(tmp_path: Path) -> None:
    def pages(request: ReceivedRequest) -> bytes:
        first = "continue" not in request.query
        metadata = {"continue": "more", "remainingItemCount": 1} if first else {}
        return reply(200, {"apiVersion": "access.pharia.ai/v1alpha1", "metadata": metadata, "items": [{"spec": {}}]})

    async with (
        hostile_api(pages) as api,
        connect(Login(plain_kubeconfig(tmp_path / "kubeconfig", api.url)), pool_size=1) as connection,
    ):
        objects = KubeObjects(connection, timeout_seconds=5)
        found = [page async for page in objects.pages("ApiToken", None, labels="team=finance", fields="spec.x=y")]

    assert [page.left for page in found] == [1, 0]
    assert found[0].items == [{"apiVersion": "access.pharia.ai/v1alpha1", "kind": "ApiToken", "spec": {}}]
    first, second = api.requests
    assert first.query == {"limit": ["500"], "labelSelector": ["team=finance"], "fieldSelector": ["spec.x=y"]}
    assert second.query == {**first.query, "continue": ["more"]}


async def test_every_write_of_a_dry_run_says_so(tmp_path: Path) -> None:
    async with (
        hostile_api(lambda _: reply(200, {"kind": "Status"})) as api,
        connect(Login(plain_kubeconfig(tmp_path / "kubeconfig", api.url)), pool_size=1) as connection,
    ):
        objects = KubeObjects(connection, timeout_seconds=5, dry_run=True)
        await objects.create({"kind": "ApiToken", "metadata": {"namespace": "finance"}})
        await objects.patch("ApiToken", TOKEN, {})
        await objects.delete("ApiToken", TOKEN, "uid-1")

    create, patch, delete = api.requests
    assert (create.query["dryRun"], patch.query["dryRun"]) == (["All"], ["All"])
    body = json.loads(delete.body)
    assert (body["dryRun"], body["preconditions"]) == (["All"], {"uid": "uid-1"})


async def test_a_secret_that_is_gone_is_no_error(tmp_path: Path) -> None:
    async with (
        hostile_api(lambda _: reply(404, GONE)) as api,
        connect(Login(plain_kubeconfig(tmp_path / "kubeconfig", api.url)), pool_size=1) as connection,
    ):
        secrets = PersonalSecrets(connection, timeout_seconds=5)

        assert await secrets.read(TOKEN) is None
        assert await secrets.delete(TOKEN, "uid-1") == NOT_THERE


@pytest.mark.parametrize(
    ("status", "reason", "there"), [(200, "", True), (404, "NotFound", False), (403, "Forbidden", None)]
)
async def test_whether_there_is_a_namespace(tmp_path: Path, status: int, reason: str, there: object) -> None:
    async with (
        hostile_api(lambda _: reply(status, {"kind": "Status", "reason": reason})) as api,
        connect(Login(plain_kubeconfig(tmp_path / "kubeconfig", api.url)), pool_size=1) as connection,
    ):
        assert await KubeObjects(connection, timeout_seconds=5).has_namespace("finance") is there

    assert api.requests[0].path == "/api/v1/namespaces/finance"


@pytest.mark.parametrize(
    ("status", "reason", "there"), [(200, "", True), (404, "NotFound", False), (403, "Forbidden", None)]
)
async def test_whether_there_is_a_service_account(tmp_path: Path, status: int, reason: str, there: object) -> None:
    async with (
        hostile_api(lambda _: reply(status, {"kind": "Status", "reason": reason})) as api,
        connect(Login(plain_kubeconfig(tmp_path / "kubeconfig", api.url)), pool_size=1) as connection,
    ):
        assert await KubeObjects(connection, timeout_seconds=5).has_account(ObjectKey("finance", "app")) is there

    assert api.requests[0].path == "/api/v1/namespaces/finance/serviceaccounts/app"


NO_OBJECTS = [
    pytest.param(b"<html>", id="a page"),
    pytest.param(b"\xff", id="no text"),
    pytest.param(b"[" * 100_000, id="a hundred thousand levels"),
    pytest.param([], id="a list of JSON"),
]
NO_LISTS = [
    *NO_OBJECTS,
    pytest.param({}, id="an object"),
    pytest.param({"apiVersion": "v1", "metadata": {}, "items": None}, id="no items"),
    pytest.param({"apiVersion": "v1", "metadata": None, "items": []}, id="no metadata"),
    pytest.param({"apiVersion": "v1", "metadata": {}, "items": ["x"]}, id="words"),
]


@pytest.mark.parametrize("answer", NO_OBJECTS)
async def test_what_is_no_object_is_an_error_of_ours(tmp_path: Path, answer: object) -> None:
    async with (
        hostile_api(lambda _: reply(200, answer)) as api,
        connect(Login(plain_kubeconfig(tmp_path / "kubeconfig", api.url)), pool_size=1) as connection,
    ):
        objects = KubeObjects(connection, timeout_seconds=5)
        for asked in (objects.read("ApiToken", TOKEN), objects.patch("ApiToken", TOKEN, {})):
            with pytest.raises(UnavailableError):
                await asked


@pytest.mark.parametrize("answer", NO_LISTS)
async def test_what_is_no_list_is_an_error_of_ours(tmp_path: Path, answer: object) -> None:
    async with (
        hostile_api(lambda _: reply(200, answer)) as api,
        connect(Login(plain_kubeconfig(tmp_path / "kubeconfig", api.url)), pool_size=1) as connection,
    ):
        with pytest.raises(UnavailableError):
            _ = [page async for page in KubeObjects(connection, timeout_seconds=5).pages("ApiToken", None)]
