"""What the environment tells the command line: the pod that it runs in, as client-go decides it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pharia_access.settings.person import pod_namespace

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
