"""A TokenReview about a ServiceAccount's token: what is asked, and which answers mean yes."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from pharia_access.domain.verification.service_accounts import read_claims
from pharia_access.errors import ApiError, UnavailableError
from pharia_access.kube.verifier.token_reviews import KubeTokenReviewer
from tests.support.verifier.service_account_tokens import SUBJECT_UID, PlayedIssuer, claims_of_pod

if TYPE_CHECKING:
    from pharia_access.kube.connection import Connection
    from pharia_access.kube.http import Request

TEXT = PlayedIssuer().sign(claims_of_pod())
GOOD: dict[str, Any] = {
    "status": {
        "authenticated": True,
        "audiences": ["pharia-access/invoice-bot"],
        "user": {"username": "system:serviceaccount:finance:invoice-bot", "uid": SUBJECT_UID, "groups": ["a"]},
    }
}


class FakeConnection:
    """Answers once."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked: list[Request] = []

    async def send(self, call: Request) -> bytes:
        self.asked.append(call)
        return self.answer


async def reviewed(connection: FakeConnection) -> bool:
    reviewer = KubeTokenReviewer(cast("Connection", connection), timeout_seconds=5)
    return await reviewer.review(TEXT, read_claims(TEXT))


async def test_the_audience_of_the_review_is_the_tokens() -> None:
    connection = FakeConnection(json.dumps(GOOD).encode())

    assert await reviewed(connection)
    (call,) = connection.asked
    assert (call.method, call.path) == ("POST", "/apis/authentication.k8s.io/v1/tokenreviews")
    assert call.body == {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        "spec": {"token": TEXT.decode(), "audiences": ["pharia-access/invoice-bot"]},
    }
    assert TEXT.decode() not in repr(call)


def changed(path: str, value: object) -> bytes:
    body = copy.deepcopy(GOOD)
    place = body["status"]
    *parents, last = path.split(".")
    for parent in parents:
        place = place[parent]
    place[last] = value
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(changed("authenticated", value=False), id="no"),
        pytest.param(changed("audiences", []), id="for no audience"),
        pytest.param(changed("audiences", ["pharia-access/other"]), id="for another audience"),
        pytest.param(changed("user", None), id="nobody's"),
        pytest.param(changed("user.username", "system:serviceaccount:other:invoice-bot"), id="another's"),
        pytest.param(changed("user.username", "system:admin"), id="an administrator's"),
        pytest.param(changed("user.uid", "another"), id="another account of that name"),
        pytest.param(b'{"status":{}}', id="an answer that says nothing"),
    ],
)
async def test_every_other_answer_is_a_no(answer: bytes) -> None:
    assert not await reviewed(FakeConnection(answer))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="no status"),
        pytest.param(changed("authenticated", "true"), id="a text for a flag"),
        pytest.param(changed("audiences", "pharia-access/invoice-bot"), id="a text for a list"),
        pytest.param(b'{"status":{"authenticated":' + TEXT, id="cut off, with the token in it"),
    ],
)
async def test_what_is_no_answer_is_none_and_its_error_holds_nothing_of_it(answer: bytes) -> None:
    with pytest.raises(UnavailableError) as caught:
        await reviewed(FakeConnection(answer))

    error: ApiError = caught.value
    assert TEXT.decode()[:40] not in repr(error) + str(error)
    assert error.__context__ is None
