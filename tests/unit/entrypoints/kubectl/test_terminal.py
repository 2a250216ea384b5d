"""Questions to the person at the terminal."""

from __future__ import annotations

import signal

import click
import pytest
from pytest_mock import MockerFixture

from pharia_access.entrypoints.kubectl.failures import RefusedError
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.prompts import confirm, select, waiting

OFFERED = [("os-user", "PhariaOS"), ("studio-user", "")]


@pytest.fixture
def at_a_terminal(mocker: MockerFixture) -> None:
    """Somebody looks on, and can answer."""
    mocker.patch("pharia_access.entrypoints.kubectl.prompts.is_terminal", return_value=True)


@pytest.mark.parametrize(
    ("answers", "chosen"),
    [
        pytest.param(["2"], ("studio-user",), id="a number"),
        pytest.param(["os-user, studio-user"], ("os-user", "studio-user"), id="names"),
        pytest.param(["1 os-user"], ("os-user",), id="the same twice"),
        pytest.param(["3", "0", ",", "studio", "1"], ("os-user",), id="until it fits"),
    ],
)
def test_roles_are_chosen_by_number_or_name(
    mocker: MockerFixture, capsys: pytest.CaptureFixture[str], answers: list[str], chosen: tuple[str, ...]
) -> None:
    mocker.patch("click.prompt", side_effect=answers)

    assert select("Which roles", OFFERED) == chosen

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines()[:2] == ["  1  os-user      PhariaOS", "  2  studio-user"]
    assert len(told.err.splitlines()) == 1 + len(answers)


def test_one_long_name_pushes_no_description_away(mocker: MockerFixture, capsys: pytest.CaptureFixture[str]) -> None:
    mocker.patch("click.prompt", side_effect=["1"])

    select("Which roles", [*OFFERED, ("r" * 63, "of another team")])

    assert capsys.readouterr().err.splitlines()[:2] == ["  1  os-user      PhariaOS", "  2  studio-user"]


def test_an_empty_catalog_offers_nothing() -> None:
    with pytest.raises(RefusedError, match="There is nothing to choose from"):
        select("Which roles", [])


@pytest.mark.usefixtures("at_a_terminal")
def test_a_yes_goes_on_and_a_no_stops(mocker: MockerFixture, capsys: pytest.CaptureFixture[str]) -> None:
    mocker.patch("click.confirm", side_effect=[True, False])

    confirm(CliOptions(), ["This breaks."], "Break it?")
    with pytest.raises(RefusedError, match="Nothing was changed"):
        confirm(CliOptions(), [], "Break it?")

    assert capsys.readouterr() == ("", "Warning: This breaks.\n")


@pytest.mark.parametrize("cli", [CliOptions(assume_yes=True), CliOptions(dry_run=True)])
def test_who_said_yes_is_not_asked(cli: CliOptions, mocker: MockerFixture) -> None:
    asked = mocker.patch("click.confirm")

    confirm(cli, ["This breaks."], "Break it?")

    asked.assert_not_called()


@pytest.mark.usefixtures("at_a_terminal")
def test_a_question_leaves_ctrl_c_as_it_was(mocker: MockerFixture) -> None:
    before = signal.getsignal(signal.SIGINT)
    mocker.patch("click.confirm", side_effect=click.Abort)

    with pytest.raises(click.Abort):
        confirm(CliOptions(), [], "Break it?")

    assert signal.getsignal(signal.SIGINT) is before


def test_where_nobody_looks_on_nothing_spins(capsys: pytest.CaptureFixture[str]) -> None:
    with waiting("Waiting …") as tell:
        tell("Still waiting")

    assert capsys.readouterr() == ("", "")
