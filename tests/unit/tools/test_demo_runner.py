"""The demo's teller: what is shown is what is run, and a step that went otherwise is an error."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tools.demo_runner import DemoRunner, StoryError, wants_color


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _teller(*, color: bool = False, timeout: float = 10) -> DemoRunner:
    return DemoRunner(cwd=Path.cwd(), env={"PATH": "/usr/bin:/bin", "WORD": "hello"}, color=color, timeout=timeout)


def test_a_command_is_shown_with_what_it_really_said(capsys: pytest.CaptureFixture[str]) -> None:
    said = _teller().run("echo $WORD; echo problem >&2", expect="hello")

    assert said == "hello\nproblem\n"
    assert capsys.readouterr().out == "\n$ echo $WORD; echo problem >&2\n  hello\n  problem\n"


def test_what_is_trimmed_is_not_shown_but_answered(capsys: pytest.CaptureFixture[str]) -> None:
    said = _teller().run("echo 0123456789", trim=lambda text: f"{text[:4]}…")

    assert said == "0123456789\n"
    assert capsys.readouterr().out.endswith("\n  0123…\n")


@pytest.mark.parametrize(
    ("command", "options", "complaint"),
    [
        pytest.param("echo no", {"expect": "yes"}, "should have said 'yes'", id="it says something else"),
        pytest.param("echo why; exit 3", {}, "ended with status 3, and said:\nwhy", id="it fails"),
        pytest.param("echo fine", {"refused": True}, "should have been refused", id="it is not refused"),
        pytest.param("cat <<'END'\nx\nEND\nfalse", {}, r"`cat <<'END' …` ended", id="only the first line is quoted"),
    ],
)
def test_a_step_that_went_otherwise_is_an_error(command: str, options: dict[str, bool], complaint: str) -> None:
    with pytest.raises(StoryError, match=complaint):
        _teller().run(command, **options)  # type: ignore[arg-type] # each case has options of its own


def test_a_refusal_that_was_expected_goes_on() -> None:
    assert _teller().run("echo denied; exit 1", refused=True, expect="denied") == "denied\n"


def test_a_command_that_hangs_is_ended() -> None:
    with pytest.raises(StoryError, match=r"did not end within 0\.2 s"):
        _teller(timeout=0.2).run("exec sleep 20")


def test_without_color_there_are_no_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    teller = _teller()
    teller.chapter("One")
    teller.say("A sentence.")
    teller.checked("it holds")
    teller.fail("it broke")

    written = capsys.readouterr()
    assert (written.out, written.err) == ("\nOne\n\nA sentence.\n  ✓ it holds\n", "\nit broke\n")


def test_colors_end_with_what_they_color(capsys: pytest.CaptureFixture[str]) -> None:
    _teller(color=True).chapter("One")

    assert capsys.readouterr().out == "\033[1m\nOne\033[0m\n"


@pytest.mark.parametrize(
    ("stream", "env", "wanted"),
    [
        pytest.param(_Terminal(), {"TERM": "xterm"}, True, id="a terminal"),
        pytest.param(_Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}, False, id="a terminal whose user wants none"),
        pytest.param(_Terminal(), {"TERM": "xterm", "NO_COLOR": ""}, True, id="an empty NO_COLOR counts as unset"),
        pytest.param(_Terminal(), {"TERM": "dumb"}, False, id="a dumb terminal"),
        pytest.param(io.StringIO(), {"TERM": "xterm"}, False, id="a file"),
    ],
)
def test_color_is_for_terminals_that_want_it(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, env: dict[str, str], *, wanted: bool
) -> None:
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)

    assert wants_color(stream) is wanted
