"""What a real API server shows rarely: lists with objects that cannot be understood, views that are too old."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.errors import ForbiddenError, InvalidObjectError, ResourceExpiredError
from pharia_access.kube.client import Connection, connect
from pharia_access.kube.gateway import KubeCluster
from pharia_access.kube.operator.lease import KubeLeases
from tests.support.builders.domain_objects import WINDOW
from tests.support.builders.stored_objects import stored_token, with_field
from tests.support.fakes.hostile_api import ReceivedRequest, hostile_api, plain_kubeconfig, reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

Json = dict[str, Any]


@asynccontextmanager
async def connected(tmp_path: Path, answer: Callable[[ReceivedRequest], bytes]) -> AsyncIterator[Connection]:
    """A connection to a server that answers so."""
    async with (
        hostile_api(answer) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        yield connection


def a_list(items: list[Json], version: str, **metadata: str) -> bytes:
    """A page."""
    body: Json = {"metadata": {"resourceVersion": version, **metadata}, "items": items}
    return reply(200, body)


async def test_a_malformed_object_stops_nothing_else(tmp_path: Path) -> None:
    bad = with_field(with_field(stored_token(), "metadata.name", "bad"), "spec.ttl", "banana")
    async with connected(tmp_path, lambda _: a_list([stored_token(), bad], "9")) as connection:
        pages = [page async for page in KubeCluster(connection, default_window=WINDOW).token_pages()]

    assert [token.key.name for token in pages[0].items] == ["ci"]
    assert [found.key.name for found in pages[0].invalid] == ["bad"]
    assert pages[0].invalid[0].why.startswith("spec.ttl: ")


async def test_a_page_that_comes_too_late_ends_the_list(tmp_path: Path) -> None:
    gone = reply(410, {"kind": "Status", "reason": "Expired", "message": "The provided continue parameter is too old"})

    def answer(request: ReceivedRequest) -> bytes:
        return gone if "continue" in request.query else a_list([stored_token()], "9", **{"continue": "more"})

    async with connected(tmp_path, answer) as connection:
        pages = KubeCluster(connection, default_window=WINDOW).token_pages()
        assert len((await anext(pages)).items) == 1
        with pytest.raises(ResourceExpiredError):
            await anext(pages)


async def test_each_namespace_is_listed_by_itself(tmp_path: Path) -> None:
    def answer(request: ReceivedRequest) -> bytes:
        return a_list([], "5" if "/namespaces/a/" in request.path else "8")

    async with connected(tmp_path, answer) as connection:
        cluster = KubeCluster(connection, default_window=WINDOW)
        versions = [
            page.resource_version
            for namespace in ("a", "b", None)
            async for page in cluster.credential_pages(namespace=namespace)
        ]

    assert versions == ["5", "8", "8"]


@pytest.mark.parametrize("refused", ["apicredentials", "apitokens"])
async def test_whether_a_namespace_may_be_listed_is_asked_with_one_object_of_each_kind(
    tmp_path: Path, refused: str
) -> None:
    asked: list[str] = []

    def answer(request: ReceivedRequest) -> bytes:
        asked.append(request.target.partition("/v1alpha1")[2])
        return reply(403, {"kind": "Status", "code": 403}) if refused in request.path else a_list([], "5")

    async with connected(tmp_path, answer) as connection:
        with pytest.raises(ForbiddenError):
            await KubeCluster(connection, default_window=WINDOW).try_lists("a")

    both = ["/namespaces/a/apicredentials?limit=1", "/namespaces/a/apitokens?limit=1"]
    assert asked == both[: both.index(f"/namespaces/a/{refused}?limit=1") + 1]


async def test_a_lease_that_nobody_ever_held_is_free(tmp_path: Path) -> None:
    async with connected(tmp_path, lambda _: reply(200, {"metadata": {"resourceVersion": "3"}})) as connection:
        record = await KubeLeases(connection, namespace="system", name="operator").read_lease()

    assert record is not None
    assert (record.holder, record.duration_seconds, record.resource_version) == ("", 0, "3")
    assert record.renewed == datetime.fromisoformat("1970-01-01T00:00:00Z")


async def test_an_answer_that_is_no_lease_is_malformed(tmp_path: Path) -> None:
    async with connected(tmp_path, lambda _: reply(200, {"spec": 7})) as connection:
        with pytest.raises(InvalidObjectError):
            await KubeLeases(connection, namespace="system", name="operator").read_lease()
