"""The command line: what is asked for, and what a person is told where that cannot be."""

import pytest

from pharia_access import __version__
from pharia_access.entrypoints.main import main


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No API server can be found."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path_factory.mktemp("empty") / "missing"))


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])

    assert (ended.value.code, capsys.readouterr().out.strip()) == (0, __version__)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="no command"),
        pytest.param(["verify"], id="an unknown command"),
        pytest.param(["keyring"], id="a command without its action"),
        pytest.param(["keyring", "show"], id="an unknown action"),
        pytest.param(["operator", "--now"], id="an unknown option"),
    ],
)
def test_a_wrong_command_line_is_refused_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: pharia-access")


@pytest.mark.parametrize("arguments", [["operator"], ["keyring", "rotate"]])
def test_a_wrong_setting_is_a_sentence_on_standard_error(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PHARIA_ACCESS_WORKERS", "0")

    status = main(arguments)

    told = capsys.readouterr()
    assert (status, told.out) == (1, "")
    assert told.err == "pharia-access: PHARIA_ACCESS_WORKERS must be a whole number from 1 to 64\n"


def test_a_missing_api_server_is_too(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["keyring", "rotate"])

    assert status == 1
    assert capsys.readouterr().err.startswith("pharia-access: cannot use the kubeconfig")
