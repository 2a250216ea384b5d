"""The ServiceAccount's token, which the kubelet replaces under a running process."""

from __future__ import annotations

import asyncio
import datetime as dt
import errno
import os
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes.aio.config import incluster_config

from pharia_access.kube.login import Login, configuration_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pod's files; the token is read at each request, not only once a minute."""
    (tmp_path / "token").write_text("first")
    (tmp_path / "ca.crt").write_text("an authority")
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    loader: Any = incluster_config.InClusterConfigLoader.__init__

    def impatient(self: Any, **given: object) -> None:  # noqa: ANN401 - the library's own
        loader(self, **given)
        self._token_refresh_period = dt.timedelta(0)

    monkeypatch.setattr(incluster_config.InClusterConfigLoader, "__init__", impatient)
    return tmp_path / "token"


def asked(configuration: Any) -> str:  # noqa: ANN401 - its hook is typed as None by the library
    configuration.refresh_api_key_hook(configuration)
    return str(configuration.api_key["BearerToken"])


def refuse(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("builtins.open", fail)


FAULTS: dict[str, Callable[[Path, pytest.MonkeyPatch], object]] = {
    "empty": lambda file, _: file.write_text(""),
    "blank": lambda file, _: file.write_text(" \n"),
    "not UTF-8": lambda file, _: file.write_bytes(b"\xff\xfe\x00"),
    "a line break inside": lambda file, _: file.write_text("one\nx-evil: two"),
    "a NUL": lambda file, _: file.write_text("one\0"),
    "gone": lambda file, _: file.unlink(),
    "a link that leads nowhere": lambda file, _: (
        file.rename(file.with_name("kept")).parent.joinpath("token").symlink_to("nowhere")
    ),
    "EMFILE": lambda _, patch: refuse(patch, errno.EMFILE),
    "EACCES": lambda _, patch: refuse(patch, errno.EACCES),
    "EIO": lambda _, patch: refuse(patch, errno.EIO),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_where_the_token_cannot_be_read_the_last_one_stays_until_it_can(
    token: Path, fault: Callable[[Path, pytest.MonkeyPatch], object], caplog: pytest.LogCaptureFixture
) -> None:
    configuration = asyncio.run(configuration_of(Login(None)))
    first = asked(configuration)

    with pytest.MonkeyPatch.context() as patch:
        fault(token, patch)
        during = [asked(configuration) for _ in range(3)]
    token.unlink(missing_ok=True)
    token.write_text("second\n")

    assert (first, set(during), asked(configuration)) == ("bearer first", {"bearer first"}, "bearer second")
    assert [record.getMessage() for record in caplog.records] == [
        "cannot read the ServiceAccount's token; using the last one"
    ]
