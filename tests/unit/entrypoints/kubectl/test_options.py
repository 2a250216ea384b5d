"""Options, before the noun and after the verb, and what a wrong command line is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pytest_mock import MockerFixture

from pharia_access.entrypoints.kubectl import main as program
from pharia_access.entrypoints.kubectl.lifetime_params import LENGTH
from pharia_access.entrypoints.kubectl.options import CliOptions


@pytest.fixture
def worked(mocker: MockerFixture) -> list[tuple[Any, ...]]:
    """What commands would have done: the options, and what the work is given."""
    seen: list[tuple[Any, ...]] = []

    def run_in_session(cli: CliOptions, work: object, *given: object) -> None:
        seen.append((cli, *given))

    for noun in ("credential", "token"):
        mocker.patch(f"pharia_access.entrypoints.kubectl.{noun}.run_in_session", side_effect=run_in_session)
    return seen


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("-n finance --context prod --as anna --as-group a --as-group b token list", id="before the noun"),
        pytest.param("token list -n finance --context prod --as anna --as-group a --as-group b", id="after the verb"),
        pytest.param("--context prod --as anna token list --as-group a --as-group b -n finance", id="both"),
    ],
)
def test_the_connection_is_named_before_or_after(worked: list[tuple[Any, ...]], line: str) -> None:
    assert program.run(line.split()) == 0

    ((cli, credential, phase),) = worked
    assert (credential, phase) == ("", None)
    assert (cli.namespace, cli.context, cli.user, cli.groups) == ("finance", "prod", "anna", ("a", "b"))
    assert cli.connection() == " --context prod --as anna --as-group a --as-group b"


def test_what_is_said_last_counts(worked: list[tuple[Any, ...]]) -> None:
    connection = ["-n", "before", "--request-timeout", "5"]
    program.run([*connection, "token", "list", "-n", "after", "-A", "-l", "team=finance", "-o", "wide"])

    cli: CliOptions = worked[0][0]
    assert (cli.namespace, cli.all_namespaces, cli.selector) == ("after", True, "team=finance")
    assert (cli.output, cli.timeout) == ("wide", 5.0)


def test_nothing_is_said(worked: list[tuple[Any, ...]]) -> None:
    program.run(["credential", "list"])

    assert worked[0][0] == CliOptions()
    assert CliOptions().connection() == ""


def test_words_that_a_shell_would_split_are_quoted() -> None:
    assert CliOptions(kubeconfig="/my files/config").connection() == " --kubeconfig '/my files/config'"


def test_lengths_become_fields_and_empty_texts_remove(worked: list[tuple[Any, ...]]) -> None:
    words = ["credential", "edit", "bot", "--default-ttl=30d", "--max-tokens=2", "--description=", "--display-name=Bot"]

    assert program.run(words) == 0

    _, name, spec, replaced = worked[0]
    assert (name, replaced) == ("bot", None)
    assert spec == {
        "displayName": "Bot",
        "description": None,
        "tokenPolicy": {"defaultTTL": "720h", "maxTokens": 2},
    }


def test_a_length_that_was_read_already_stays() -> None:
    assert LENGTH.convert(timedelta(hours=1), None, None) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param(
            "credential edit bot",
            "Nothing to change: give an option such as --description (see --help)",
            id="no change",
        ),
        pytest.param("token revoke", "Name the tokens, or give --stdin", id="no token"),
        pytest.param("token revoke ci --stdin", "Name the tokens, or give --stdin", id="both"),
        pytest.param(
            "token whois", "Pipe the token's text, and give --stdin", id="a text on the command line is no way"
        ),
        pytest.param("token create bot --expires never", "'never' is not a duration", id="no end"),
        pytest.param("token create bot --copy -o env", "A secret is handed over once", id="two places"),
        pytest.param("token list -o xml", "'xml' is not one of", id="no format"),
        pytest.param("nonsense", "No such command 'nonsense'", id="no noun"),
        pytest.param("token list --nonsense", "No such option", id="no option"),
    ],
)
def test_a_wrong_command_line_ends_with_2(
    worked: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str], line: str, told: str
) -> None:
    assert program.run(line.split()) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert told in said.err
    assert worked == []
