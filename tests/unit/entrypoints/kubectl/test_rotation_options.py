"""Which options of `token rotate` go together: told before anything is asked of an API server."""

import pytest

from pharia_access.entrypoints.kubectl.main import run


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param([], "Name the token, or give --all-expiring 7d", id="nothing named"),
        pytest.param(["ci", "--to-dir", "out"], "--to-dir and -A are for --all-expiring", id="a folder for one"),
        pytest.param(["ci", "-A"], "--to-dir and -A are for --all-expiring", id="one in all namespaces"),
        pytest.param(["ci", "--all-expiring", "7d"], "--all-expiring takes no names", id="one and many"),
        pytest.param(["--all-expiring", "7d", "--name", "x"], "--all-expiring takes no names", id="a name for many"),
        pytest.param(["--all-expiring", "7d", "--copy"], "use --to-dir, -o json or neither", id="many to paste"),
        pytest.param(["--all-expiring", "7d", "--to-file", "x"], "use --to-dir, -o json or neither", id="one file"),
        pytest.param(["--all-expiring", "7d", "--to-secret", "x"], "use --to-dir, -o json or neither", id="one Secret"),
        pytest.param(["--all-expiring", "7d", "-o", "env"], "use --to-dir, -o json or neither", id="one variable"),
        pytest.param(["--all-expiring", "7d", "--to-dir", "x", "-o", "json"], "choose one of", id="two places"),
        pytest.param(["ci", "--overlap", "0h"], "'0h' is too short", id="no overlap"),
        pytest.param(["ci", "--overlap", "soon"], "'soon' is not a duration", id="no length"),
    ],
)
def test_what_does_not_go_together(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["token", "rotate", *words])

    captured = capsys.readouterr()
    assert (status, captured.out) == (2, "")
    assert sentence in captured.err
