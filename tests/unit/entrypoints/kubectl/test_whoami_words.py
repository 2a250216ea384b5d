"""How `whoami` is asked: the option's two names, the address from the environment, and what must be said."""

from __future__ import annotations

import io
import sys

import pytest
from pytest_mock import MockerFixture

from pharia_access.entrypoints.kubectl.main import run
from tests.support.kubectl.whoami_answers import TOKEN

URL = "https://access.example.com"


class Terminal(io.StringIO):
    """Somebody sits there."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def asked(mocker: MockerFixture, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The address and the token's ID of each question."""
    questions: list[tuple[str, str]] = []

    async def print_verdict(_choices: object, text: object, verifier: object) -> None:
        questions.append((vars_of(verifier, "url"), vars_of(text, "token_id")))

    mocker.patch("pharia_access.entrypoints.kubectl.ask_verifier.print_verdict", print_verdict)
    monkeypatch.delenv("VERIFIER_URL", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO(TOKEN.reveal()))
    return questions


def vars_of(thing: object, name: str) -> str:
    return str(getattr(thing, name))


@pytest.mark.parametrize("option", ["--stdin", "--token-stdin"])
def test_the_option_has_the_name_that_the_others_have_and_its_earlier_one(
    asked: list[tuple[str, str]], option: str
) -> None:
    assert run(["whoami", option, "--verifier", URL]) == 0
    assert asked == [(URL, TOKEN.token_id)]


def test_the_address_comes_from_the_environment_unless_it_is_given(
    asked: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERIFIER_URL", URL)

    assert run(["whoami", "--stdin"]) == 0
    monkeypatch.setattr(sys, "stdin", io.StringIO(TOKEN.reveal()))
    assert run(["whoami", "--stdin", "--verifier", "https://other.example.com"]) == 0
    assert [url for url, _ in asked] == [URL, "https://other.example.com"]


def test_without_an_address_nothing_is_asked(asked: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["whoami", "--stdin"]) == 2
    assert capsys.readouterr().err.endswith("Name the verifier with --verifier URL, or set VERIFIER_URL\n")
    assert asked == []


def test_what_is_piped_must_be_meant(asked: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["whoami", "--verifier", URL]) == 2
    assert capsys.readouterr().err.endswith("Pipe the token's text, and give --stdin\n")
    assert asked == []


def test_at_a_terminal_the_token_is_asked_for(
    asked: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch, mocker: MockerFixture
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    mocker.patch("click.prompt", return_value=TOKEN.reveal())

    assert run(["whoami", "--verifier", URL]) == 0
    assert asked == [(URL, TOKEN.token_id)]
