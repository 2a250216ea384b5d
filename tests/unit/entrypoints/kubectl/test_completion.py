"""Candidates for half a line, as kubectl asks for them; never an error, whatever the line is."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from pytest_mock import MockerFixture

from pharia_access.entrypoints.kubectl.completion import complete

NAMES = {
    "apitokens.access.pharia.ai": ["ci", "batch"],
    "apicredentials.access.pharia.ai": ["invoice-bot", "other"],
    "apiroles.access.pharia.ai": ["studio-user"],
}

Complete = Callable[..., list[str]]


@pytest.fixture
def asked() -> list[list[str]]:
    """The commands that kubectl was asked."""
    return []


@pytest.fixture
def candidates(mocker: MockerFixture, capsys: pytest.CaptureFixture[str], asked: list[list[str]]) -> Complete:
    """What is offered for these words, with names in the cluster."""

    def kubectl(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        kind = command[2]
        return subprocess.CompletedProcess(command, 0, "".join(f"{kind}/{name}\n" for name in NAMES[kind]), "")

    mocker.patch("subprocess.run", side_effect=kubectl)

    def offered(*words: str) -> list[str]:
        mocker.patch("sys.argv", ["kubectl_complete-access", *words])
        complete()
        *lines, directive = capsys.readouterr().out.splitlines()
        assert directive == ":4"
        return [line.partition("\t")[0] for line in lines]

    return offered


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(("",), ["credential", "token"], id="nouns"),
        pytest.param(("tok",), ["token"], id="half a noun"),
        pytest.param(("token", "co"), ["collect"], id="half a verb"),
        pytest.param(("token", "get", ""), ["ci", "batch"], id="tokens"),
        pytest.param(("token", "delete", "ci", "b"), ["batch"], id="a second token"),
        pytest.param(("token", "create", "inv"), ["invoice-bot"], id="a credential"),
        pytest.param(("credential", "create", "x", "--role", ""), ["studio-user"], id="roles for an option"),
        pytest.param(("credential", "roles", "add", "other", "st"), ["studio-user"], id="roles"),
        pytest.param(("token", "list", "-o", "j"), ["json"], id="a choice"),
        pytest.param(("nonsense", "get", ""), None, id="an unknown noun"),
        pytest.param(("token", "--nonsense", ""), None, id="an unknown option"),
        pytest.param((), None, id="nothing at all"),
    ],
)
def test_candidates(candidates: Complete, words: tuple[str, ...], expected: list[str] | None) -> None:
    offered = candidates(*words)

    if expected is not None:
        assert set(expected) <= set(offered)


def test_names_are_looked_for_where_the_line_says(candidates: Complete, asked: list[list[str]]) -> None:
    candidates("--context", "prod", "token", "get", "-n", "finance", "--as", "anna", "")
    candidates("credential", "create", "x", "-n", "finance", "--role", "")

    tokens, roles = asked
    assert set(tokens) >= {"apitokens.access.pharia.ai", "--context=prod", "--namespace=finance", "--as=anna"}
    assert "--namespace=finance" not in roles


@pytest.mark.parametrize("trouble", [FileNotFoundError("kubectl"), subprocess.TimeoutExpired("kubectl", 3)])
def test_where_names_cannot_be_had_there_are_none(
    candidates: Complete, mocker: MockerFixture, trouble: Exception
) -> None:
    mocker.patch("subprocess.run", side_effect=trouble)

    assert candidates("token", "get", "") == []
