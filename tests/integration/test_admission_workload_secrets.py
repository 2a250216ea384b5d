"""Admission of the Secrets of WorkloadTokens: the operator writes them blind, and no earlier text over a later one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.operators.stored_workload import third_text
from tests.support.operators.unrestrained import unrestrained
from tests.support.security.unguarded import unguarded
from tools.control_plane.api import OPERATOR, Api, rule
from tools.control_plane.resources import ONE_TIME_TOKEN, kept_secret, secret, workload_token

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]

REVISION = "access.pharia.ai/revision"
NOT_LATER = "the operator may replace a Secret of type access.pharia.ai/workload-token only by a later revision"
NOT_ITS_OWNER = "only with one owner, the WorkloadToken that controls it"
NOT_A_REVISION = "only with a revision from 1 on, and never as immutable"


@pytest.fixture
def operator(admin: Api, namespace: str) -> Api:
    return unrestrained(admin, namespace)


@pytest.fixture
def kept(operator: Api, workload: Json) -> Json:
    return third_text(operator, workload)


@pytest.fixture
def alice(admin: Api, namespace: str) -> Api:
    admin.grant("alice", namespace, rule("", "secrets", "get", "create", "update", "patch", "delete"))
    return admin.as_user("alice")


# The operator's writes.


def test_the_operator_writes_one_and_replaces_it_by_later_revisions(
    admin: Api, operator: Api, workload: Json, kept: Json
) -> None:
    replies = [operator.replace(kept_secret(workload, number, value="later")) for number in (4, 10, 9999999999)]

    assert [reply.message for reply in replies] == [""] * 3
    assert admin.read(kept).body["data"] == kept_secret(workload, value="later")["data"]


@pytest.mark.parametrize("dry", [{}, {"dryRun": "All"}], ids=["in earnest", "as a dry run"])
@pytest.mark.parametrize("revision", [3, 2, 1, "03", "-4", 0])
def test_an_earlier_text_is_written_over_no_later_one(
    admin: Api, operator: Api, workload: Json, kept: Json, revision: object, dry: dict[str, str]
) -> None:
    """A leader that stood still for long; and by the same revision as a dry run it asks whether the Secret is there."""
    reply = operator.replace(kept_secret(workload, revision, value="earlier"), **dry)

    assert reply.status == 403
    assert NOT_LATER in reply.message or NOT_A_REVISION in reply.message
    assert kept["data"]["value"] not in json.dumps(reply.body)
    assert admin.read(kept).body["data"] == kept["data"]


@pytest.mark.parametrize("revision", ["", "four", "4.5", "0x9", "9" * 30, " 4"])
def test_what_is_no_number_fails_closed(admin: Api, operator: Api, workload: Json, kept: Json, revision: str) -> None:
    replaced = operator.replace(kept_secret(workload, revision))
    made = operator.create(kept_secret(workload, revision, name="another"))

    assert [(reply.ok, reply.status) for reply in (replaced, made)] == [(False, 422)] * 2
    assert admin.read(kept).body["data"] == kept["data"]


def without_annotations(body: Json) -> None:
    del body["metadata"]["annotations"]


def without_owners(body: Json) -> None:
    del body["metadata"]["ownerReferences"]


def owned_twice(body: Json) -> None:
    body["metadata"]["ownerReferences"].append({"apiVersion": "v1", "kind": "Secret", "name": "x", "uid": "x"})


def owned_by(**change: object) -> Callable[[Json], None]:
    return lambda body: body["metadata"]["ownerReferences"][0].update(change)


def immutable(body: Json) -> None:
    body["immutable"] = True


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(without_annotations, "", id="without a revision"),
        pytest.param(without_owners, NOT_ITS_OWNER, id="without an owner"),
        pytest.param(owned_twice, NOT_ITS_OWNER, id="with a second owner"),
        pytest.param(owned_by(controller=False), NOT_ITS_OWNER, id="with an owner that does not control it"),
        pytest.param(owned_by(kind="ApiToken"), NOT_ITS_OWNER, id="of another kind"),
        pytest.param(owned_by(apiVersion="example.com/v1"), NOT_ITS_OWNER, id="of another group"),
        pytest.param(immutable, NOT_A_REVISION, id="immutable"),
    ],
)
def test_the_operator_writes_none_that_is_not_a_workload_tokens(
    operator: Api, workload: Json, kept: Json, change: Callable[[Json], None], said: str
) -> None:
    made, replaced = kept_secret(workload, 4, name="another"), kept_secret(workload, 4)
    change(made)
    change(replaced)

    replies = [operator.create(made), operator.replace(replaced)]

    assert [(reply.ok, said in reply.message) for reply in replies] == [(False, True)] * 2


def test_the_operator_replaces_none_of_another_workload_token(
    admin: Api, operator: Api, namespace: str, kept: Json
) -> None:
    other = workload_token(namespace, "other")
    assert admin.create(other).ok
    theirs = kept_secret(admin.read(other).body, 9, value="theirs")

    replies = [operator.replace(theirs), operator.replace(kept_secret(admin.read(other).body, 3), dryRun="All")]

    said = "only for the WorkloadToken that controls it"
    assert [(reply.status, said in reply.message) for reply in replies] == [(422, True)] * 2
    assert admin.read(kept).body["data"] == kept["data"]


@pytest.mark.parametrize(
    "query", [{}, {"dryRun": "All"}, {"dryRun": "All", "propagationPolicy": "Foreground"}], ids=str
)
def test_the_operator_deletes_none_and_sees_none_by_it(operator: Api, kept: Json, query: Json) -> None:
    reply = operator.delete(kept, **query)

    assert (reply.status, "only Secrets of type access.pharia.ai/one-time-token" in reply.message) == (403, True)
    assert kept["data"]["value"] not in json.dumps(reply.body)


@pytest.mark.parametrize("theirs", ["Opaque", ONE_TIME_TOKEN])
def test_a_secret_of_that_name_by_somebody_else_stays_as_it_is(
    admin: Api, operator: Api, workload: Json, namespace: str, theirs: str
) -> None:
    foreign = secret(namespace, "invoice-bot", kind=theirs, value="somebodys-own")
    assert (operator if theirs == ONE_TIME_TOKEN else admin).create(foreign).ok
    replies = [
        operator.create(kept_secret(workload)),
        operator.create(kept_secret(workload), dryRun="All"),
        operator.replace(kept_secret(workload, 9)),
        operator.replace(kept_secret(workload, 9), dryRun="All"),
    ]

    assert [reply.status for reply in replies] == [409, 409, 422, 422]
    assert foreign["data"]["value"] not in json.dumps([reply.body for reply in replies])
    assert admin.read(foreign).body["data"] == foreign["data"]


def test_without_the_fence_an_earlier_text_is_written(admin: Api, operator: Api, workload: Json, kept: Json) -> None:
    def passes() -> bool:
        return operator.replace(kept_secret(workload, 1), dryRun="All").ok

    with unguarded(admin, "restrain-operator-secrets", passes=passes):
        assert operator.replace(kept_secret(workload, 2, value="the-second")).ok
    assert admin.read(kept).body["metadata"]["annotations"][REVISION] == "2"


def test_the_operator_is_the_account_of_the_policies(admin: Api, namespace: str, workload: Json) -> None:
    """The other accounts of its namespace are not."""
    other = OPERATOR.replace("operator", "verifier")
    admin.grant(other, namespace, rule("", "secrets", "create"))

    assert admin.as_user(other).create(kept_secret(workload)).status == 403
