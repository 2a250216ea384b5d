"""A person's own rights, as the API server's review of rules tells them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.domain.administration.powers import OwnRights
from pharia_access.domain.administration.secret_readers import AccessRule
from pharia_access.errors import UnavailableError
from pharia_access.kube.administration.rights import KubeRights

if TYPE_CHECKING:
    from pharia_access.kube.http import Request

RULE = {"apiGroups": ["access.pharia.ai"], "resources": ["apiroles"], "verbs": ["bind"], "resourceNames": ["reader"]}


class FakeConnection:
    """Answers one thing; keeps what was asked."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str, Any]] = []

    async def send(self, call: Request) -> bytes:
        self.asked.append((call.method, call.path, call.body))
        return self.answer


async def own(connection: Any) -> OwnRights:  # noqa: ANN401 - a fake
    return await KubeRights(connection, timeout_seconds=1).read_own_rights("finance")


async def test_rules_come_with_the_names_that_they_are_about() -> None:
    connection = FakeConnection(json.dumps({"status": {"resourceRules": [RULE], "incomplete": False}}).encode())

    found = await own(connection)

    assert found == OwnRights((AccessRule(("access.pharia.ai",), ("apiroles",), ("bind",), ("reader",)),))
    ((method, path, body),) = connection.asked
    assert (method, path) == ("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews")
    assert body["spec"] == {"namespace": "finance"}


async def test_that_not_all_can_be_listed_is_told_with_its_reason() -> None:
    status = {"resourceRules": None, "incomplete": True, "evaluationError": "webhook"}

    assert await own(FakeConnection(json.dumps({"status": status}).encode())) == OwnRights((), True, "webhook")  # noqa: FBT003


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"status": {"resourceRules": "all"}}', b"\xff", b"[" * 100_000])
async def test_an_answer_that_is_none_is_a_cluster_that_fails(answer: bytes) -> None:
    with pytest.raises(UnavailableError):
        await own(FakeConnection(answer))
