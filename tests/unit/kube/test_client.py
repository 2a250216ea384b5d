"""One call: what goes out with it, and what comes of an answer that is late, broken or missing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import trustme
from kubernetes.aio.config import incluster_config

from pharia_access.errors import SettingsError, UnavailableError
from pharia_access.kube.client import MERGE_PATCH, Request, connect
from tests.support.fakes.hostile_api import HostileApi, ReceivedRequest, hostile_api, plain_kubeconfig, reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATH = "/apis/access.pharia.ai/v1alpha1/namespaces/finance/apitokens/ci"


def ok(_: ReceivedRequest) -> bytes:
    """An API server that is content."""
    return reply(200, {})


async def exchange(tmp_path: Path, call: Request, answer: Callable[[ReceivedRequest], bytes | None] = ok) -> HostileApi:
    """Send one call to a server that answers so."""
    async with (
        hostile_api(answer) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        await connection.send(call)
    return api


async def test_a_call_is_signed_in_and_uncompressed(tmp_path: Path) -> None:
    api = await exchange(tmp_path, Request("GET", PATH, 5))
    headers = api.requests[0].headers

    assert headers["authorization"] == "Bearer signed-in"
    assert headers["accept-encoding"] == "identity"
    assert headers["user-agent"] == "pharia-access"


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        pytest.param("POST", ["Strict"], id="a creation is strict"),
        pytest.param("PUT", ["Strict"], id="a replacement is strict"),
        pytest.param("PATCH", ["Strict"], id="a patch is strict"),
        pytest.param("GET", None, id="a read has nothing to validate"),
        pytest.param("DELETE", None, id="a deletion has nothing to validate"),
    ],
)
async def test_no_write_lets_a_field_be_dropped(tmp_path: Path, method: str, expected: list[str] | None) -> None:
    api = await exchange(tmp_path, Request(method, PATH, 5, {}, MERGE_PATCH))

    assert api.requests[0].query.get("fieldValidation") == expected


async def test_an_empty_patch_is_sent_as_such(tmp_path: Path) -> None:
    api = await exchange(tmp_path, Request("PATCH", PATH, 5, {}, MERGE_PATCH, query={"dryRun": "All"}))

    assert api.requests[0].body == b"{}"
    assert api.requests[0].headers["content-type"] == MERGE_PATCH
    assert api.requests[0].query["dryRun"] == ["All"]


async def test_a_query_is_escaped(tmp_path: Path) -> None:
    api = await exchange(tmp_path, Request("GET", PATH, 5, query={"continue": "a+b/c=&x=1"}))

    assert api.requests[0].query == {"continue": ["a+b/c=&x=1"]}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda _: None, id="silence until the deadline"),
        pytest.param(lambda _: b"", id="the connection ends at once"),
        pytest.param(lambda _: b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", id="half an answer"),
        pytest.param(lambda _: b"\0\1\2 what\r\n\r\n", id="no HTTP"),
    ],
)
async def test_without_a_whole_answer_nothing_is_known(
    tmp_path: Path, answer: Callable[[ReceivedRequest], bytes | None]
) -> None:
    began = asyncio.get_running_loop().time()
    with pytest.raises(UnavailableError, match=f"^GET {PATH}: no answer"):
        await exchange(tmp_path, Request("GET", PATH, 0.3), answer)

    assert asyncio.get_running_loop().time() - began < 3


async def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    async with connect(plain_kubeconfig(tmp_path / "kubeconfig", "http://127.0.0.1:1"), pool_size=2) as connection:
        with pytest.raises(UnavailableError, match="ClientConnectorError"):
            await connection.send(Request("GET", PATH, 5))


async def test_the_wait_that_the_server_asks_for_is_known(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as raised:
        await exchange(tmp_path, Request("GET", PATH, 5), lambda _: reply(429, b"", retry_after="3"))

    assert raised.value.retry_after == 3


async def test_the_servers_clock_is_compared_with_ours(tmp_path: Path) -> None:
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    async with (
        hostile_api(lambda _: reply(200, {}, date="Mon, 23 Nov 2026 12:00:07 GMT")) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        assert await connection.server_time_offset(lambda: now) == timedelta(seconds=7.5)


async def test_a_server_without_a_clock_is_unavailable(tmp_path: Path) -> None:
    async with (
        hostile_api(ok) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        with pytest.raises(UnavailableError, match="no date"):
            await connection.server_time_offset(lambda: datetime(2026, 11, 23, tzinfo=UTC))


async def test_others_may_sign_in_with_the_same_credentials(tmp_path: Path) -> None:
    kubeconfig = plain_kubeconfig(tmp_path / "kubeconfig", "http://127.0.0.1:1")
    async with connect(kubeconfig, pool_size=2) as connection:
        login = connection.login()

    assert (login["server"], login["scheme"], login["token"]) == ("http://127.0.0.1:1", "Bearer", "signed-in")


async def test_a_body_never_shows_in_a_repr() -> None:
    assert "hidden" not in repr(Request("POST", PATH, 5, {"data": "hidden"}))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(None, "cannot use the kubeconfig", id="no such file"),
        pytest.param("{}", "cannot use the kubeconfig", id="an empty one"),
        pytest.param("{", "cannot use the kubeconfig", id="no YAML"),
    ],
)
async def test_a_kubeconfig_that_leads_nowhere_is_a_wrong_setting(
    tmp_path: Path, content: str | None, told: str
) -> None:
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(content)

    with pytest.raises(SettingsError, match=told):
        async with connect(str(path), pool_size=2):
            pass


async def test_outside_of_a_pod_a_kubeconfig_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    with pytest.raises(SettingsError, match="no kubeconfig is given"):
        async with connect(None, pool_size=2):
            pass


async def test_a_pods_token_is_read_anew_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token, authority = tmp_path / "token", tmp_path / "ca.crt"
    token.write_text("first")
    trustme.CA().cert_pem.write_to_path(str(authority))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")
    # The library has these paths, and the minute between two reads, as constants.
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(authority))
    async with connect(None, pool_size=2) as connection:
        before = connection.login()
        token.write_text("second")
        monkeypatch.setattr(incluster_config, "datetime", SimpleNamespace(datetime=MuchLater, timedelta=timedelta))
        after = connection.login()

    assert (before["server"], before["token"], after["token"]) == ("https://127.0.0.1:1", "first", "second")


class MuchLater:
    """Stands for the library's `datetime.datetime`."""

    @staticmethod
    def now() -> datetime:
        """What its naive clock will say."""
        return datetime.now(UTC).replace(tzinfo=None) + timedelta(days=2)


async def test_a_proxy_that_the_environment_names_gets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pod's HTTPS_PROXY is for the way out of the cluster: all that the API server is asked would go there."""
    async with hostile_api(ok) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.upper(), proxy.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)

        api = await exchange(tmp_path, Request("GET", PATH, 5))

    assert len(api.requests) == 1
    assert proxy.requests == []
