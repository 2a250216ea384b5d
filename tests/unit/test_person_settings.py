"""What the environment tells the command line: the pod that it runs in, and proxies, as Go decides it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pharia_access.settings.cli import pod_namespace, proxy_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SERVICE = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}


@pytest.mark.parametrize(
    ("environment", "files", "namespace"),
    [
        pytest.param(SERVICE, {"token": "t", "namespace": "finance\n"}, "finance", id="a pod"),
        pytest.param({**SERVICE, "POD_NAMESPACE": "hr"}, {"token": "t", "namespace": "finance"}, "hr", id="told so"),
        pytest.param(SERVICE, {"token": "t"}, "default", id="a pod that does not know"),
        pytest.param(SERVICE, {"namespace": "finance"}, None, id="no token"),
        pytest.param({"POD_NAMESPACE": "hr"}, {"token": "t", "namespace": "finance"}, None, id="no API server"),
        pytest.param({**SERVICE, "KUBERNETES_SERVICE_PORT": ""}, {"token": "t"}, None, id="half an address"),
    ],
)
def test_a_pod_is_known_by_what_client_go_knows_it_by(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    environment: Mapping[str, str],
    files: Mapping[str, str],
    namespace: str | None,
) -> None:
    for name in (*SERVICE, "POD_NAMESPACE"):
        monkeypatch.setenv(name, environment.get(name, ""))
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    assert pod_namespace(tmp_path) == namespace


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        pytest.param({}, "https://access.example.com", None, id="none"),
        pytest.param({"HTTPS_PROXY": "http://p:1"}, "https://access.example.com", "http://p:1", id="for https"),
        pytest.param({"https_proxy": "http://p:1"}, "https://access.example.com", "http://p:1", id="in small letters"),
        pytest.param({"HTTPS_PROXY": "p:1"}, "https://access.example.com", "http://p:1", id="without a scheme"),
        pytest.param({"HTTPS_PROXY": "http://p:1"}, "http://access.example.com", None, id="not for http"),
        pytest.param({"HTTP_PROXY": "http://p:1"}, "http://access.example.com", "http://p:1", id="for http"),
        pytest.param({"ALL_PROXY": "http://p:1"}, "https://access.example.com", None, id="not by ALL_PROXY"),
        pytest.param({"HTTPS_PROXY": "http://p:1"}, "https://localhost:8443", None, id="this machine"),
        pytest.param({"HTTPS_PROXY": "http://p:1"}, "https://127.0.0.9", None, id="this machine by address"),
        pytest.param({"HTTPS_PROXY": "http://p:1"}, "https://[::1]:8443", None, id="this machine by IPv6"),
        pytest.param(
            {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example.com"}, "https://access.example.com", None, id="excepted"
        ),
        pytest.param(
            {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8, fd00::/8"}, "https://10.1.2.3", None, id="in a range"
        ),
        pytest.param(
            {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, "https://11.1.2.3", "http://p:1", id="beside it"
        ),
        pytest.param({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, "https://access.example.com", None, id="all"),
    ],
)
def test_a_proxy_is_taken_as_go_takes_it(
    monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str], url: str, proxy: str | None
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert proxy_for(url) == proxy
