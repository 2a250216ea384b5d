"""How the program ends, whatever happens in it."""

from __future__ import annotations

import errno

import pytest
from pytest_mock import MockerFixture

from pharia_access.entrypoints.kubectl import main as program
from pharia_access.entrypoints.kubectl import printing
from pharia_access.entrypoints.kubectl.app import access
from pharia_access.errors import UnavailableError


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        pytest.param(KeyboardInterrupt(), 130, "Interrupted.\n", id="Ctrl-C"),
        pytest.param(BrokenPipeError(), 1, "", id="a reader that has seen enough"),
        pytest.param(
            OSError(errno.ENOSPC, "No space left on device"),
            1,
            "Error: Could not write the output: No space left on device.\n",
            id="a full disk",
        ),
        pytest.param(
            ZeroDivisionError("x"),
            1,
            "Error: This is a bug in kubectl access (ZeroDivisionError).\n"
            "Run the command again with -v, and report its output.\n",
            id="a fault",
        ),
        pytest.param(
            UnavailableError("no answer"),
            1,
            "Error: The API server does not answer.\nCheck that the cluster is reachable: kubectl version\n",
            id="an error",
        ),
    ],
)
def test_whatever_happens_is_a_sentence_and_a_status(
    mocker: MockerFixture, capsys: pytest.CaptureFixture[str], error: BaseException, status: int, told: str
) -> None:
    mocker.patch.object(access, "main", side_effect=error)

    assert program.run(["token", "list"]) == status

    assert capsys.readouterr() == ("", told)


def test_the_console_script_ends_with_the_status(mocker: MockerFixture, capsys: pytest.CaptureFixture[str]) -> None:
    mocker.patch("sys.argv", ["kubectl-access", "nonsense"])

    with pytest.raises(SystemExit) as raised:
        program.main()

    assert raised.value.code == 2
    assert "No such command" in capsys.readouterr().err


def test_help_is_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.run(["--help"]) == 0

    shown = capsys.readouterr().out
    assert "\n  kubectl access token create invoice-bot --expires 90d\n" in shown
    assert "\\b" not in shown


@pytest.mark.parametrize(
    ("set_to", "coloured_as"),
    [
        pytest.param(None, "\x1b[31m\x1b[1mError:\x1b[0m", id="as usual"),
        pytest.param("", "\x1b[31m\x1b[1mError:\x1b[0m", id="empty counts as unset"),
        pytest.param("1", "Error:", id="no colours, please"),
    ],
)
def test_no_color_is_heeded(
    monkeypatch: pytest.MonkeyPatch, mocker: MockerFixture, set_to: str | None, coloured_as: str
) -> None:
    echo = mocker.patch("click.echo")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if set_to is not None:
        monkeypatch.setenv("NO_COLOR", set_to)

    printing.write_marked("Error:", "red", "No.")

    echo.assert_called_once_with(f"{coloured_as} No.", err=True)
