"""Every field of every kind, filled with what drives a terminal: its screen shows what a harmless text would show."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from pytest_mock import MockerFixture
from wcwidth import wcswidth

from pharia_access.entrypoints.kubectl import ask_verifier, prompts
from pharia_access.entrypoints.kubectl import main as program
from pharia_access.entrypoints.kubectl.escaping import escaped
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.errors import (
    AccessError,
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    SettingsError,
    UnavailableError,
)
from tests.support.builders.filled_objects import VALID, Place, filled, leaves
from tests.support.kubectl.cli_sessions import FakeCluster, serve
from tests.support.kubectl.emulator import shown, sit_down

pytestmark = pytest.mark.no_cover
"""Many examples of code that other tests cover: tracing them takes twice as long again."""


Json = dict[str, Any]
_SPINS = re.compile(r"\x1b\[(?:\?25[lh]|\d*[AKm]|[\d;]*m|2K)")
"""What rich writes to draw a spinner over itself."""

HOSTILE = (
    "a\x1b[2J\x1b[31mred\x1b]0;pwned\x07\x1b]52;c;eA==\x1b\\"  # clears, colours, sets the title, writes the clipboard
    "\x9b31m\x9d0;pwned\x9c\x85"  # the same in C1
    "\x00\b\b\b\x0e\x0f\x7f\r\n\tERROR\v\f\x1bc\x1b[?25l\x1b[6n"  # C0, resets, hides the cursor, asks where it is
    "\u202e\u2066\u200f\u061cesrever\u2069"  # reorders
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u3164\ufe0f\U000e0041\U000e0101"  # hides
    "\u2028\u2029\ue000\u0378 "  # breaks lines, is no character
    "日本語 e\u0301 \U0001f469 \uff46\uff55\uff4c\uff4c[link=x][/]b"  # wide, combining, rich's markup
)
SEEN = unicodedata.normalize("NFC", escaped(HOSTILE))
LOWERED = unicodedata.normalize("NFC", escaped(HOSTILE.lower()))  # so a phase stands in a sentence
HARMLESS = "a" * wcswidth(SEEN)  # sorted as the other is, by its first letter

COMMANDS = [
    f"{noun} {what}"
    for noun in ("credential", "role", "token")
    for what in ("list", "list -A -o wide", "list -o name", "get it", "get it -o wide", "get it -o name")
] + [
    "audit",
    "token whois aaaaaaaaaaaaaaaa",
    "audit -A --unused 1s --max-ttl 1s",
    "credential edit it --description x --force",
    "credential roles remove it role --yes",
    "credential roles add it other",
    "credential suspend it --yes",
    "credential delete it --yes --force",
    "token revoke it --yes --force",
    "token expire it --in 1h --yes --force",
    "token delete it --yes --force",
    "token rotate it --yes --dry-run --force",
    "token rotate --all-expiring 400d --yes --dry-run --force",
]


@pytest.fixture(autouse=True)
def _a_wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On which nothing is wrapped: a hostile text is longer than a harmless one."""
    monkeypatch.setenv("COLUMNS", "5000")


@pytest.fixture
def written(mocker: MockerFixture, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[Json], str], str]:
    """What a command sends to a terminal, with these objects in the cluster; new names have letters that are known."""
    mocker.patch("secrets.token_hex", return_value="0a1b2c")

    def run(bodies: list[Json], command: str) -> str:
        serve(mocker, FakeCluster(bodies))
        stream = sit_down(monkeypatch)
        program.run(command.split())
        return stream.getvalue()

    return run


def others(kind: str) -> list[Json]:
    """What goes with it, so that each command has something to say."""
    return [filled(other, ("metadata", "uid"), "v") for other in VALID if other != kind]


@pytest.mark.parametrize(
    ("kind", "path"),
    [pytest.param(kind, path, id=f"{kind}.{'.'.join(map(str, path))}") for kind in VALID for path in leaves(kind)],
)
def test_the_screen_shows_what_a_harmless_text_would_show(
    written: Callable[[list[Json], str], str], kind: str, path: Place
) -> None:
    for command in COMMANDS:
        sent, expected = (written([filled(kind, path, text), *others(kind)], command) for text in (HOSTILE, HARMLESS))
        if sent == expected:  # the field is not shown there
            continue
        hostile, harmless = shown(sent), shown(expected)

        lines = [line.replace(SEEN, HARMLESS).replace(LOWERED, HARMLESS) for line in hostile.lines]
        assert lines == list(harmless.lines), command
        assert (hostile.cursor, hostile.title, hostile.modes) == (harmless.cursor, harmless.title, harmless.modes)
        assert hostile.plain


@pytest.mark.parametrize("kind", VALID)
@pytest.mark.parametrize(("output", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_programs_get_exact_data_that_no_terminal_obeys(
    written: Callable[[list[Json], str], str], kind: str, output: str, read: Callable[[str], Json]
) -> None:
    noun = kind.removeprefix("Api").lower()
    for path in leaves(kind):
        body = filled(kind, path, HOSTILE)
        text = written([body], f"{noun} get it -o {output}")

        body["metadata"].pop("managedFields", None)
        assert read(text) == body
        assert all(line == escaped(line) for line in text.split("\n"))


def test_the_fields_of_all_kinds_are_tried() -> None:
    """So that a change of the schema's form does not leave the tests with nothing."""
    tried = {kind: set(leaves(kind)) for kind in VALID}

    assert {("spec", "description"), ("spec", "roles", 0), ("status", "conditions", 0, "message")} <= tried[
        "ApiCredential"
    ]
    assert ("spec", "permissions", 0, "fields", "field") in tried["ApiRole"]
    assert ("status", "delivery", "secretName") in tried["ApiToken"]
    assert sum(map(len, tried.values())) > 60


@pytest.mark.parametrize(
    "kind", [ForbiddenError, NotFoundError, InvalidError, UnavailableError, ConflictError, SettingsError]
)
def test_the_words_of_an_api_server_are_one_line_that_is_harmless(
    written: Callable[[list[Json], str], str], mocker: MockerFixture, kind: type[AccessError]
) -> None:
    error = kind(HOSTILE)
    if isinstance(error, ApiError):
        error.server_message, error.status = f"denied request: {HOSTILE}", 403
    mocker.patch.object(FakeCluster, "read", side_effect=error)

    text = written([], "token get it -v")

    assert text.startswith("Error: ")
    assert all(line == escaped(line) for line in text.split("\n"))
    assert "\n\tERROR" not in text


def test_a_question_and_what_is_offered_are_harmless(mocker: MockerFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = sit_down(monkeypatch)
    asked = [mocker.patch("click.prompt", return_value="1"), mocker.patch("click.confirm", return_value=True)]
    mocker.patch("pharia_access.entrypoints.kubectl.prompts.is_terminal", return_value=True)

    prompts.select(HOSTILE, [(HOSTILE, HOSTILE)])
    prompts.confirm(CliOptions(), [HOSTILE], HOSTILE)

    questions = "\n".join(str(one.call_args.args[0]) for one in asked)
    assert all(line == escaped(line) for line in f"{stream.getvalue()}{questions}".split("\n"))
    assert stream.getvalue().count(escaped(HOSTILE)) == 3
    assert questions.count(escaped(HOSTILE)) == 2


def test_what_is_waited_for_is_harmless_and_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = sit_down(monkeypatch)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "5000")

    with prompts.waiting(HOSTILE) as tell:
        tell(f"2 {HOSTILE}")

    told = _SPINS.sub("", stream.getvalue())
    assert escaped(HOSTILE) in told
    assert set(told) & {"\x1b", "\x07", "\x9b", "\u202e", "\x00", "\b"} == set()


def test_what_a_verifier_answers_is_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = sit_down(monkeypatch)
    permission = {"permission": HOSTILE, HOSTILE: HOSTILE}
    names = {"name": HOSTILE, "namespace": HOSTILE}

    ask_verifier.show(
        {"credential": names, "tokenID": HOSTILE, "roles": [HOSTILE], "expiresAt": HOSTILE, "permissions": [permission]}
    )

    assert all(line == escaped(line) for line in stream.getvalue().split("\n"))
    assert stream.getvalue().count(escaped(HOSTILE)) == 8
