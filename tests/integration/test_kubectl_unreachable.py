"""What `kubectl access` says where no way leads to an API server, or to one that cannot answer."""

from __future__ import annotations

from http import HTTPStatus
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from tests.support.kubectl.plugin_runner import Plugin
from tests.support.operators.striking_proxy import Proxy
from tools.control_plane.pki import token_kubeconfig

if TYPE_CHECKING:
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane


def test_an_api_server_that_does_not_answer(control_plane: ControlPlane, tmp_path: Path) -> None:
    path = token_kubeconfig(tmp_path / "k", server="https://127.0.0.1:1", ca_file=control_plane.ca_file, token="t")

    answer = Plugin(control_plane, "default", kubeconfig=path).run("token", "list")

    assert (answer.status, answer.stderr) == (
        1,
        dedent("""\
            Error: The API server does not answer: dial tcp 127.0.0.1:1: connect: connection refused.
            Check that the cluster is reachable: kubectl version
            """),
    )


def test_a_login_that_is_over(control_plane: ControlPlane, tmp_path: Path) -> None:
    path = token_kubeconfig(
        tmp_path / "k", server=control_plane.server_url, ca_file=control_plane.ca_file, token="over"
    )

    answer = Plugin(control_plane, "default", kubeconfig=path).run("token", "list")

    assert (answer.status, answer.stderr.splitlines()) == (
        1,
        [
            "Error: The API server does not accept your login.",
            "Your login may have expired: log in again, or try another --context.",
        ],
    )


@pytest.mark.parametrize(
    ("status", "lines"),
    [
        pytest.param(
            HTTPStatus.NOT_FOUND,
            (
                "Error: pharia-access is not installed in this cluster.",
                "Ask an administrator to install it with Helm: see the README.",
            ),
            id="not installed",
        ),
        pytest.param(
            HTTPStatus.TOO_MANY_REQUESTS,
            ("Error: The API server is overloaded.", "Run the command again in a moment."),
            id="too busy",
        ),
        pytest.param(
            HTTPStatus.GONE,
            ("Error: The list changed while it was being read.", "Run the command again."),
            id="a list that is too old",
        ),
        pytest.param(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            (
                "Error: The API server failed: GET /apis/access.pharia.ai/v1alpha1/namespaces/default/apitokens: 500.",
                "Run the command again.",
            ),
            id="a failure",
        ),
    ],
)
def test_an_api_server_that_cannot(
    control_plane: ControlPlane, tmp_path: Path, status: int, lines: tuple[str, ...]
) -> None:
    with Proxy(control_plane.server_url, control_plane.ca_file, serves_as=control_plane.pki.server) as proxy:
        proxy.refused["/apis/access.pharia.ai/v1alpha1/namespaces/default/apitokens"] = status
        path = control_plane.service_account_kubeconfig("default", "default", tmp_path / "k", server=proxy.url)

        answer = Plugin(control_plane, "default", kubeconfig=path).run("token", "list")

    assert (answer.status, answer.stderr.splitlines()) == (1, list(lines))


CHOOSE = "Choose a kubeconfig with --kubeconfig or KUBECONFIG, and a context with --context."


@pytest.mark.parametrize(
    ("content", "words", "why"),
    [
        pytest.param(None, (), "Not logged in: the kubeconfig has no current context", id="missing"),
        pytest.param(
            "{", (), 'Not logged in, says kubectl: error loading config file "{path}": yaml: line 1:', id="no YAML"
        ),
        pytest.param("{}", (), "Not logged in: the kubeconfig has no current context", id="empty"),
        pytest.param(
            "good",
            ("--context=nowhere",),
            "Not logged in: the kubeconfig has no context",
            id="a context",
        ),
    ],
)
def test_a_kubeconfig_that_leads_nowhere(
    control_plane: ControlPlane, tmp_path: Path, content: str | None, words: tuple[str, ...], why: str
) -> None:
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(control_plane.kubeconfig.read_text() if content == "good" else content)

    answer = Plugin(control_plane, "default", kubeconfig=path).run("token", "list", *words)

    assert (answer.status, answer.stdout) == (1, "")
    sentence, next_step = answer.stderr.splitlines()
    assert sentence.startswith(f"Error: {why.format(path=path)}")
    assert next_step == CHOOSE
