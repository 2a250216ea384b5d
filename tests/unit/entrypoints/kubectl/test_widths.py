"""Every list and every help page at 80 and 120 columns: no line is longer, with the names that people use."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click
import pytest
from wcwidth import wcswidth

from pharia_access.domain.administration.secret_readers import AccessRule, Binding, Bindings, Subject
from pharia_access.domain.times import format_time
from pharia_access.entrypoints.kubectl import printing
from pharia_access.entrypoints.kubectl.app import access
from tests.support.administration.stored_workloads import KEPT, a_child, a_workload
from tests.support.builders.domain_objects import NOW, TEXT
from tests.support.kubectl.cli_sessions import FakeCluster, serve
from tests.support.kubectl.command_line import command_line
from tools.control_plane.resources import api_credential, api_role, api_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_mock import MockerFixture

Json = dict[str, Any]
NARROW, WIDE = 80, 120
CREDENTIAL, TOKEN = "invoice-bot", "invoice-bot-prod-a1b2c"
LISTS = (
    "token list",
    f"token list {CREDENTIAL}",
    f"credential get {CREDENTIAL}",
    "credential list",
    "role list",
    "role get studio-user",
    "audit",
    "token prune --ended-before 30d --dry-run",
    f"token get {TOKEN}",
    f"token rotate {TOKEN} --dry-run --yes",
    f"token whois {TEXT.token_id}",
    "workload list",
    f"workload get {KEPT}",
    f"workload rotate {KEPT} --dry-run",
    f"workload delete {KEPT} --dry-run --yes",
    "workload allow --dry-run",
)


def a_cluster() -> FakeCluster:
    """A role with many permissions, a credential with two roles, tokens in every phase."""
    roles = [api_role("studio-user", permissions=[{"permission": f"Permission{n}"} for n in range(9)]), api_role("os")]
    roles[0]["spec"]["allowedNamespaces"] = [f"team-number-{n}" for n in range(9)] + ["finance"]
    credential = api_credential("finance", CREDENTIAL, roles=["studio-user", "os"])
    for body in [*roles, credential]:
        body["metadata"] |= {"uid": "u", "resourceVersion": "1", "creationTimestamp": format_time(NOW)}
    phases = {"Active": TOKEN, "Expired": "invoice-bot-old", "Failed": "invoice-bot-bad", "Pending": "invoice-bot-new"}
    kept = [a_workload(), a_child(6), a_child(7)]
    kept[0]["metadata"] |= {"uid": "w", "resourceVersion": "1", "creationTimestamp": format_time(NOW)}
    objects = [*roles, credential, *kept, *(a_token(name, phase) for phase, name in phases.items())]
    operator = Subject("ServiceAccount", "pharia-access-operator", "pharia-access-system")
    reads = AccessRule(("",), ("secrets",), ("get",))
    binding = Binding(
        "ClusterRoleBinding pharia-access-operator", "ClusterRole pharia-access-operator", (operator,), (reads,)
    )
    return FakeCluster(objects, bindings=Bindings((binding,), ("clusterroles", "clusterrolebindings")))


def a_token(name: str, phase: str) -> Json:
    end = NOW + timedelta(days=-60 if phase == "Expired" else 60)
    body = api_token("finance", name)
    place = {"uid": name, "resourceVersion": "1", "creationTimestamp": format_time(NOW - timedelta(days=90))}
    minted: Json = {"tokenID": TEXT.token_id, "hash": "x", "credential": {"name": CREDENTIAL, "uid": "u"}}
    minted |= {"issuedAt": format_time(NOW - timedelta(days=90)), "expiresAt": format_time(end)}
    minted["delivery"] = {"state": "Collected", "secretName": f"{name}-token", "deadline": format_time(NOW)}
    status = {"phase": phase, **(minted if phase in {"Active", "Expired"} else {})}
    reason = {"Failed": "TTLTooLong", "Pending": "CredentialNotFound"}.get(phase, "Issued")
    ready = [{"type": "Ready", "status": "True", "reason": reason, "message": "Words of the operator about it."}]
    return {**body, "metadata": {**body["metadata"], **place}, "status": {**status, "conditions": ready}}


@pytest.mark.parametrize("words", LISTS)
def test_a_list_has_room_in_80_columns(
    words: str, mocker: MockerFixture, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(mocker, a_cluster())
    mocker.patch("pharia_access.entrypoints.kubectl.printing.room", return_value=NARROW)

    told = command_line("finance", capsys, monkeypatch)(*words.split())

    assert told.status == 0, told.err
    lines = [*told.out.splitlines(), *told.err.splitlines()]
    assert [line for line in lines if wcswidth(line) > NARROW and "kubectl " not in line] == []
    assert lines


@pytest.mark.parametrize("error", [False, True])
def test_a_sentence_breaks_between_words_on_a_terminal_and_a_command_never(
    error: bool,  # noqa: FBT001 - a parameter
    mocker: MockerFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mocker.patch("pharia_access.entrypoints.kubectl.printing.room", return_value=40)
    words, command = "a sentence\x1b that is longer than a line of this terminal", f"See: kubectl {'x' * 40}"

    for line in (words, command):
        printing.write_marked("Error:", "red", line) if error else printing.write(line, err=True)
    told = capsys.readouterr().err.splitlines()

    mark = ["Error: "] if error else [""]
    assert " ".join(told[:2]) == f"{mark[0]}a sentence^[ that is longer than a line of this terminal"
    assert all(wcswidth(line) <= 40 for line in told[:2])
    assert told[2:] == [f"{mark[0]}{command}"]


def commands(group: click.Group, *words: str) -> Iterator[tuple[str, ...]]:
    """Each command, and each group, as it is typed; those too that are imported once they are named."""
    yield words
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, *words, name)
        else:
            yield (*words, name)


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("words", [*commands(access)], ids=" ".join)
def test_help_has_room_in_a_terminal(
    words: tuple[str, ...], width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))

    told = command_line("", capsys, monkeypatch)(*words, "--help", namespace=False)

    lines = told.out.splitlines()
    assert told.status == 0
    assert [line for line in lines if wcswidth(line) > width] == []
    assert not [line for line in lines[1:] if line.endswith(("…", "..."))], "short help is told whole"
    assert [line for line in lines if line.endswith("-")] == [], "a word that is cut in two cannot be copied"
    assert [line for line in lines if re.match(r"  [\[A-Z_.\]]+$", line)] == [], "arguments are in the line Usage"
