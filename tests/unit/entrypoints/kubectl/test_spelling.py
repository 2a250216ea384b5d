"""kubectl's spellings of options mean what they mean to kubectl: by a table, and compared with pflag's rules."""

from __future__ import annotations

from typing import Any

import click
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_mock import MockerFixture

from pharia_access.entrypoints.kubectl import main as program
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.spelling import Command, Group
from tests.support.kubectl.pflag import Flag, PflagError, read

FLAGS = {
    "n": Flag("namespace"),
    "o": Flag("output"),
    "A": Flag("all-namespaces", boolean=True),
    "y": Flag("yes", boolean=True),
}
VALUES = ("finance", "team=a", "=", "", "-n", "--", "-A", "true", "false", "0", "maybe", "-", "é")
HEADS = (
    "-n",
    "-o",
    "-A",
    "-y",
    "-An",
    "-yA",
    "-Ao",
    "--namespace",
    "--output",
    "--all-namespaces",
    "--yes",
    "-x",
    "--x",
)
WORDS = st.lists(
    st.one_of(
        st.sampled_from((*HEADS, *VALUES)),
        st.builds("{}={}".format, st.sampled_from(HEADS), st.sampled_from(VALUES)),
        st.builds("{}{}".format, st.sampled_from(HEADS), st.sampled_from(VALUES)),
    ),
    max_size=5,
)


@click.command(cls=Command)
@click.option("-n", "--namespace")
@click.option("-o", "--output")
@click.option("-A", "--all-namespaces", is_flag=True)
@click.option("-y", "--yes", is_flag=True)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def command(**given: Any) -> dict[str, Any]:  # noqa: ANN401 - Click's
    return given


@click.group(cls=Group)
@click.option("-n", "--namespace")
def group(namespace: str | None) -> None:
    click.get_current_context().obj = namespace


@group.command("list")
@click.pass_obj
def list_(namespace: str | None) -> str | None:
    return namespace


@given(WORDS)
@example(["-n=finance"])
@example(["-An=finance", "-A=false"])
@example(["-n="])
@example(["--namespace==finance"])
@example(["-A=", "x"])
@example(["-A-"])
@example(["-A--", "x"])
def test_a_command_line_is_read_as_pflag_reads_it(words: list[str]) -> None:
    try:
        understood = read(words, FLAGS)
    except PflagError:
        with pytest.raises(click.UsageError):
            command.main(list(words), standalone_mode=False)
        return

    ours = command.main(list(words), standalone_mode=False)

    assert list(ours.pop("words")) == understood.words
    given_values = {name.replace("_", "-"): value for name, value in ours.items()}
    nothing: dict[str, object] = {flag.name: False if flag.boolean else None for flag in FLAGS.values()}
    assert given_values == {**nothing, **understood.values}


@pytest.mark.parametrize("words", [["-n=finance", "list"], ["-nfinance", "list"], ["-n", "finance", "list"]])
def test_a_group_reads_its_own_options_alike(words: list[str]) -> None:
    assert group.main(words, standalone_mode=False) == "finance"


@pytest.fixture
def chosen(mocker: MockerFixture) -> list[CliOptions]:
    """What the options of `token list` came to."""
    seen: list[CliOptions] = []

    def run_in_session(cli: CliOptions, *_: object) -> None:
        seen.append(cli)

    for noun in ("token", "credential"):
        mocker.patch(f"pharia_access.entrypoints.kubectl.{noun}.run_in_session", side_effect=run_in_session)
    return seen


@pytest.mark.parametrize(
    ("line", "attribute", "value"),
    [
        ("token list -n=finance", "namespace", "finance"),
        ("-n=finance token list", "namespace", "finance"),
        ("token list --namespace=", "namespace", ""),
        ("token list -o=json", "output", "json"),
        ("token list -l=team=a", "selector", "team=a"),
        ("token list -A=true", "all_namespaces", True),
        ("token list -A --all-namespaces=false", "all_namespaces", False),
        ("token list -An=finance", "namespace", "finance"),
        ("token list -v=6", "verbose", True),
        ("token list -v=0", "verbose", False),
        ("token list --request-timeout=", "timeout", CliOptions().timeout),
        ("token list --request-timeout=5", "timeout", 5.0),
        ("token list --request-timeout=5s", "timeout", 5.0),
        ("token list --request-timeout=1m30s", "timeout", 90.0),
        ("token list --request-timeout=0", "timeout", 36525 * 86400.0),
        ("token list --request-timeout=0s", "timeout", 36525 * 86400.0),
        ("token list --request-timeout=1ns", "timeout", 0.001),
        ("token delete ci --yes=true", "assume_yes", True),
        ("token delete ci -y=false", "assume_yes", False),
        ("token delete ci --dry-run=server", "dry_run", True),
        ("token delete ci --dry-run=none", "dry_run", False),
        ("token delete ci --dry-run", "dry_run", True),
    ],
)
def test_a_spelling_means_what_it_means_to_kubectl(
    chosen: list[CliOptions], line: str, attribute: str, value: object
) -> None:
    assert program.run(line.split()) == 0

    assert getattr(chosen[0], attribute) == value


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("token list -n=", "'=' is not a namespace"),
        ("token list --namespace==finance", "'=finance' is not a namespace"),
        ("token list -n Finance", "'Finance' is not a namespace"),
        ("token list -n a.b", "'a.b' is not a namespace"),
        (f"token list -n {'a' * 64}", "this is not a namespace"),
        ("token get a/b", "'a/b' is not a name"),
        ("token get ..", "'..' is not a name"),
        ("credential create Bot", "'Bot' is not a name"),
        ("credential create bot --role=Studio_User", "'Studio_User' is not a name"),
        ("token list --request-timeout=0.5", "'0.5' is not a timeout"),
        ("token list --request-timeout=-5s", "'-5s' is not a timeout"),
        ("token list --request-timeout=5d", "'5d' is not a timeout"),
        ("token list -A=maybe", "--all-namespaces does not take 'maybe': use --all-namespaces or"),
        ("token delete ci --dry-run=client", "use --dry-run=server"),
        ("token list -v 6", "-v takes its level after =: -v=6"),
        ("token create bot --to-secret My_Secret", "'My_Secret' is not NAME or NAME/KEY of a Secret"),
        ("token create bot --to-secret a/b/c", "'a/b/c' is not NAME or NAME/KEY of a Secret"),
        ("token create bot --to-secret mine/", "'mine/' is not NAME or NAME/KEY of a Secret"),
        ("token create bot --to-secret mine/..x", "'mine/..x' is not NAME or NAME/KEY of a Secret"),
        ("keyring status --release-namespace a_b", "'a_b' is not a namespace"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(
    chosen: list[CliOptions], mocker: MockerFixture, capsys: pytest.CaptureFixture[str], line: str, told: str
) -> None:
    mocker.patch("asyncio.run", side_effect=AssertionError("something was asked"))

    assert program.run(line.split()) == 2

    assert told in capsys.readouterr().err
    assert chosen == []


def test_an_empty_name_is_none(mocker: MockerFixture, capsys: pytest.CaptureFixture[str]) -> None:
    mocker.patch("asyncio.run", side_effect=AssertionError("something was asked"))

    assert program.run(["token", "delete", "", "--yes"]) == 2
    assert "'' is not a name" in capsys.readouterr().err
