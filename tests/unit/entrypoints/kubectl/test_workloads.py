"""`kubectl access workload`: what is printed, what is written, and how each refusal reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from pytest_mock import MockerFixture

from tests.support.administration.stored_workloads import KEPT, a_child, a_workload, refused
from tests.support.builders.domain_objects import NOW
from tests.support.kubectl.cli_sessions import FakeCluster, a_known_role, serve
from tests.support.kubectl.command_line import Told, command_line
from tools.control_plane.resources import api_credential

Json = dict[str, Any]
Run = Callable[..., Told]
OPERATOR = {"kind": "ServiceAccount", "name": "pharia-access-operator", "namespace": "pharia-access-system"}


@pytest.fixture
def run(mocker: MockerFixture, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """What a command line leaves, with that in the cluster."""

    def told(cluster: FakeCluster, line: str) -> Told:
        serve(mocker, cluster)
        return command_line("", capsys, monkeypatch)("workload", *line.split(), namespace=False)

    return told


def a_cluster(status: Json | None = None, *, forbidden: set[str] | None = None) -> FakeCluster:
    workload = a_workload(status=status)
    bodies = [a_known_role(), api_credential("finance"), workload, a_child(6, lastUsedTime=_ago(1)), a_child(7)]
    for body in bodies:
        body["metadata"] |= {"uid": "u", "resourceVersion": "1", "creationTimestamp": _ago(3)}
    return FakeCluster(bodies, forbidden=forbidden or set())


def _ago(days: int) -> str:
    return f"2026-11-{NOW.day - days:02}T12:00:00Z"


def test_a_list_says_what_is_current_and_when_it_renews(run: Run) -> None:
    told = run(a_cluster(), "list")

    assert [line.split() for line in told.out.splitlines()] == [
        ["NAME", "STATE", "CURRENT", "RENEWS", "SECRET"],
        [KEPT, "Current", f"{KEPT}-7", "in", "20d", "invoice-bot"],
    ]


def test_one_is_shown_with_its_tokens_side_by_side(run: Run) -> None:
    told = run(a_cluster(), f"get {KEPT}")

    fields = dict(line.split(":", 1) for line in told.out.split("\n\n")[0].splitlines())
    assert fields["Secret"].strip() == "invoice-bot, key token"
    assert fields["Renew before"].strip() == "a third of the lifetime"
    assert "\nConditions:\n  Ready: the Secret holds a good token\n" in told.out
    rows = [line.split() for line in told.out.split("\nTokens:\n")[1].splitlines()]
    assert [row[1] for row in rows] == ["PLACE", "current", "replaced"]
    assert rows[2][-2:] == ["1d", "ago"]


def test_a_missing_delegation_is_the_one_command(run: Run) -> None:
    told = run(a_cluster(refused(KEPT, "NotDelegated", "the operator may not mint here")), f"get {KEPT}")

    assert told.err == (f"To let the operator make its tokens: kubectl access workload allow {KEPT} -n finance\n")


@pytest.mark.parametrize(
    ("stalled", "expected"),
    [
        pytest.param("nobody lets it", ["Ready, and somebody must act: nobody lets it"], id="for the same reason"),
        pytest.param("no such role", ["Ready: nobody lets it", "Somebody must act: no such role"], id="for another"),
        pytest.param("", ["Ready: nobody lets it"], id="not"),
    ],
)
def test_what_two_conditions_say_alike_is_said_once(run: Run, stalled: str, expected: list[str]) -> None:
    status = refused(KEPT, "NotDelegated", "nobody lets it")
    status["conditions"] = [each for each in status["conditions"] if each["type"] != "Stalled"]
    if stalled:
        status["conditions"].append({"type": "Stalled", "status": "True", "reason": "x", "message": stalled})

    told = run(a_cluster(status), f"get {KEPT}")

    assert [line.strip() for line in told.out.split("\nConditions:\n")[1].split("\n\n")[0].splitlines()] == expected


def test_who_let_the_operator_mint_is_told_where_to_see_that_it_does(run: Run) -> None:
    told = run(a_cluster(), f"allow {KEPT}")

    assert told.err.endswith(f"created\nSee: kubectl access workload get {KEPT} -n finance\n")


@pytest.mark.parametrize(
    ("line", "forbidden", "expected"),
    [
        ("get gone", set(), 'There is no workload token "gone" here.\nSee: kubectl access workload list (-A'),
        (
            f"rotate {KEPT}",
            {"patch workloadtokens"},
            f"You may not change the workload token {KEPT} in namespace finance.\nThis needs the verb patch",
        ),
        ("create other --credential gone", set(), 'There is no credential "gone" here.'),
        (
            "allow --credential x",
            {"create Role"},
            "you may not create Role",
        ),
    ],
)
def test_a_refusal_says_what_failed_and_what_to_do(run: Run, line: str, forbidden: set[str], expected: str) -> None:
    told = run(a_cluster(forbidden=forbidden), line)

    assert told.status == 1
    assert expected in told.err


@pytest.mark.parametrize(
    ("options", "spec"),
    [
        ("", {}),
        ("--secret invoice-bot", {"secret": {"name": "invoice-bot"}}),
        ("--secret invoice-bot/PHARIA_TOKEN", {"secret": {"name": "invoice-bot", "key": "PHARIA_TOKEN"}}),
        ("--ttl 30d --renew-before 10d", {"ttl": "720h", "renewBefore": "240h"}),
    ],
)
def test_creation_names_what_was_given_and_no_default(run: Run, options: str, spec: Json) -> None:
    cluster = a_cluster()

    told = run(cluster, f"create app --credential invoice-bot --no-wait {options}")

    assert told.err == "workload token app created\n"
    assert cluster.written[0]["spec"] == {"credentialRef": {"name": "invoice-bot"}, **spec}


def test_a_rotation_without_a_wait_only_asks(run: Run) -> None:
    cluster = a_cluster()

    told = run(cluster, f"rotate {KEPT} --no-wait")

    assert told.err == f"workload token {KEPT} asked for a new token\n"
    assert cluster.written == [{"metadata": {"resourceVersion": "1"}, "spec": {"rotate": "2026-11-23T12:00:00Z"}}]


def test_what_is_allowed_is_printed_for_git(run: Run) -> None:
    told = run(a_cluster(), f"allow {KEPT} --dry-run -o yaml")

    role, binding = yaml.safe_load_all(told.out)
    assert role["rules"][1]["resourceNames"] == ["invoice-bot"]
    assert binding["subjects"] == [OPERATOR]
    assert "uid" not in role["metadata"]


def test_the_operator_is_the_one_that_the_status_names(run: Run) -> None:
    said = 'User "system:serviceaccount:access:prod-operator" cannot create resource "apitokens"'

    told = run(a_cluster(refused(KEPT, "NotDelegated", said)), f"allow {KEPT} --dry-run -o yaml")

    _, binding = yaml.safe_load_all(told.out)
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "prod-operator", "namespace": "access"}]


def test_all_of_a_namespace_is_allowed_with_a_warning(run: Run) -> None:
    cluster = a_cluster()

    told = run(cluster, "allow --operator ops/keeper")

    assert told.err == (
        "Warning: The operator (ops/keeper) may mint tokens under every credential in namespace finance.\n"
        "rolebinding pharia-access-rotation created\n"
    )
    assert cluster.written[0]["subjects"] == [{"kind": "ServiceAccount", "name": "keeper", "namespace": "ops"}]


@pytest.mark.parametrize("line", [f"allow {KEPT} --credential invoice-bot", "allow --operator keeper"])
def test_what_cannot_be_meant_is_a_usage_error(run: Run, line: str) -> None:
    assert run(a_cluster(), line).status == 2


@pytest.mark.parametrize(("output", "expected"), [("name", f"workloadtoken.access.pharia.ai/{KEPT}\n"), ("json", None)])
def test_programs_read_the_object(run: Run, output: str, expected: str | None) -> None:
    told = run(a_cluster(), f"get {KEPT} -o {output}")

    assert told.out == expected if expected else json.loads(told.out)["kind"] == "WorkloadToken"
