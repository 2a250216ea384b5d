"""A token's text that is typed as a word, wherever: refused before anything is asked, and not repeated."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_mock import MockerFixture

from pharia_access.domain.administration.names import is_subdomain
from pharia_access.domain.token import holds_digits, holds_token, may_be_of_token, mint
from pharia_access.entrypoints.kubectl import main as program
from pharia_access.entrypoints.kubectl.app import PROGRAM, access
from pharia_access.entrypoints.kubectl.named import _Word

SPREAD = bytes(range(17, 255, 5))
TEXT = mint("pharia", lambda count: SPREAD[:count]).reveal()
ID, SECRET = TEXT.split("_")[1:]
AROUND = {
    "whole": TEXT,
    "quoted": f'"{TEXT}"',
    "after a scheme": f"Bearer {TEXT}",
    "after a header's name": f"Authorization: Bearer {TEXT}",
    "of an environment file": f"AA_API_TOKEN={TEXT}",
    "with a line's end": f"{TEXT}\n",
    "cut off at its end": TEXT[:-20],
    "of which little is left": TEXT[: -len(SECRET) + 8],
    "with more behind it": f"{TEXT}xyz",
}
PIECES = {
    "cut off at its beginning": TEXT[9:],
    "its secret alone": SECRET,
    "half of its secret": SECRET[10:40],
    "all but its secret": f"pharia_{ID}_",
    "its secret, quoted": f"'{SECRET}'",
}


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Each command, and the words that name it."""
    context = click.Context(group, info_name=PROGRAM)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from (
            commands(command, (*path, name)) if isinstance(command, click.Group) else [((*path, name), command)]
        )


def places(*, only_names: bool = False) -> Iterator[tuple[str, ...]]:
    """Where a word may stand, with the words before it: as a name, as an option's value, as what is too much."""
    for path, command in commands(access):
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.is_flag:
                if not only_names or isinstance(parameter.type, _Word):
                    yield (*path, parameter.opts[-1])
            elif isinstance(parameter, click.Argument):
                yield path
        if not only_names:
            yield (*path, "one", "two", "three")
            yield (*path, "--no-such-option")
    if not only_names:
        yield from [("-n",), ("--as",), (), ("token",), ("--kubeconfig",)]


@pytest.fixture(autouse=True)
def _nothing_is_asked(mocker: MockerFixture) -> None:
    mocker.patch("asyncio.run", side_effect=AssertionError("something was asked"))


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    status = program.run(words)
    told = capsys.readouterr()

    assert status == 2, words
    assert "This is a token's text: pipe it." in told.err
    assert told.out == ""
    assert not any(SECRET[start : start + 8] in told.err for start in range(len(SECRET) - 8))


@pytest.mark.parametrize("text", [pytest.param(text, id=what) for what, text in AROUND.items()])
def test_a_tokens_text_is_refused_wherever_it_stands(capsys: pytest.CaptureFixture[str], text: str) -> None:
    for before in places():
        refused([*before, text], capsys)
        if before and before[-1].startswith("--"):
            refused([*before[:-1], f"{before[-1]}={text}"], capsys)
        elif before and before[-1].startswith("-"):
            refused([*before[:-1], f"{before[-1]}{text}"], capsys)


@pytest.mark.parametrize("text", [pytest.param(text, id=what) for what, text in PIECES.items()])
def test_a_piece_of_one_is_refused_where_a_name_stands(capsys: pytest.CaptureFixture[str], text: str) -> None:
    tried = [before for before in places(only_names=True) if before[-1] != "--selector" or holds_digits(text)]
    for before in tried:
        refused([*before, text], capsys)

    assert {("token", "get"), ("token", "revoke"), ("token", "list", "--namespace")} <= set(tried)


def test_every_word_that_names_something_has_the_type_of_a_name() -> None:
    """All arguments, and the options that name a thing of a cluster."""
    named = {"--namespace", "--role", "--name", "--release-namespace", "--to-secret", "--selector"}
    untyped = [
        (*path, parameter.name)
        for path, command in commands(access)
        for parameter in command.params
        if isinstance(parameter, click.Argument) or parameter.opts[-1] in named
        if not isinstance(parameter.type, _Word)
    ]

    assert untyped == []


@pytest.mark.parametrize("length", range(1, 24))
def test_what_is_left_of_one_is_refused_as_a_name_in_any_case(capsys: pytest.CaptureFixture[str], length: int) -> None:
    """Shorter pieces are no name, and are repeated only where they tell nothing."""
    piece = f"_{SECRET[:length]}"

    assert program.run(["token", "get", piece]) == 2
    told = capsys.readouterr().err
    assert piece not in told or length < 16


@given(st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?", fullmatch=True))
def test_no_name_of_kubernetes_is_taken_for_a_token(name: str) -> None:
    assert not holds_token(name)
    assert not may_be_of_token(name)


@pytest.mark.parametrize(
    "word",
    [
        "/home/anna/my_configuration_x/kubeconfig",
        "gke_my-project_europe-west3-a_production",
        "arn:aws:eks:eu-central-1:123456789012:cluster/production",
        "oidc:5f7c8ec7c33c6c004bbafe82",
        "system:serviceaccount:finance:invoice-bot",
        "fix for commit 202cf6823b6c21d3c4bd8ac1a54e2d6c2cf28e31",
    ],
)
def test_other_words_are_no_tokens(word: str) -> None:
    assert not holds_token(word)


@given(st.from_regex(r"[a-z0-9._/-]{1,40}(=|!=)[A-Za-z_.-]{0,63}", fullmatch=True))
def test_a_label_without_numbers_is_no_token(selector: str) -> None:
    assert not holds_digits(selector)


@pytest.mark.parametrize("length", [1, 56, 57, 58, 63])
def test_a_name_that_is_made_up_is_one(length: int, mocker: MockerFixture) -> None:
    """A credential's of 63 characters may have a dot at the 57th."""
    worked = mocker.patch("pharia_access.entrypoints.kubectl.token.run_in_session")
    for base in ("a" * length, ("a." * 32)[: length - 1] + "a", ("-".join("a" * 32))[: length - 1] + "a"):
        assert program.run(["token", "create", base]) == 0

        assert is_subdomain(worked.call_args.args[2].name, longest=63)
