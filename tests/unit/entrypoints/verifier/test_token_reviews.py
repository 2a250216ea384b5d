"""Kubernetes' TokenReview: whom it names, for which audiences, and that its port answers nothing else."""

from __future__ import annotations

import json

import pytest

from pharia_access.domain.permissions import Permission, Role
from tests.support.verifier.verifier_server import SUBJECT, VerifierServer, open_verifier_server


def review(token: str, **changes: object) -> bytes:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    return json.dumps({**body, **changes}).encode()


def kubernetes_user(server: VerifierServer) -> str:
    server.index.put_role(Role("cluster-guest", frozenset({"*"}), (Permission("AccessKubernetes"),)))
    return server.issue("guest", roles=("cluster-guest",)).reveal()


async def test_a_token_review_names_the_credential_as_user() -> None:
    async with open_verifier_server(audiences=["https://kubernetes.default.svc"]) as server:
        token = kubernetes_user(server)
        reply = await server.ask("POST", "/tokenreview", body=review(token))

    status = json.loads(reply.body)["status"]
    assert reply.status == 200
    assert status["authenticated"] is True
    assert status["user"]["username"] == "pharia:finance:guest-bot"
    assert status["user"]["groups"] == ["pharia:role:cluster-guest"]
    assert status["user"]["uid"] == SUBJECT


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(None, [], id="no audience asked"),
        pytest.param(["https://kubernetes.default.svc", "other"], ["https://kubernetes.default.svc"], id="ours too"),
        pytest.param(["other"], None, id="only another"),
    ],
)
async def test_only_configured_audiences_are_answered_for(asked: list[str] | None, expected: list[str] | None) -> None:
    async with open_verifier_server(audiences=["https://kubernetes.default.svc"]) as server:
        spec = {"token": kubernetes_user(server), **({} if asked is None else {"audiences": asked})}
        reply = await server.ask("POST", "/tokenreview", body=review("", spec=spec))

    status = json.loads(reply.body)["status"]
    assert (status["authenticated"], status.get("audiences")) == (expected is not None, expected)


async def test_a_token_review_of_a_bad_token_or_one_without_the_permission_says_no() -> None:
    async with open_verifier_server(audiences=[]) as server:
        plain = server.issue().reveal()
        verdicts = [
            json.loads((await server.ask("POST", "/tokenreview", body=review(token))).body)["status"]
            for token in ("hello", plain, "")
        ]

    assert verdicts == [{"authenticated": False}] * 3


async def test_a_token_review_is_503_only_where_nobody_can_tell() -> None:
    async with open_verifier_server(audiences=[]) as server:
        token = kubernetes_user(server)
        server.boottime += 1000

        assert (await server.ask("POST", "/tokenreview", body=review(token))).status == 503


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{}", id="no review"),
        pytest.param(b"\xff", id="no text"),
        pytest.param(review("x", apiVersion="authentication.k8s.io/v1beta1"), id="another version"),
        pytest.param(review("\ud800"), id="half a character"),
        pytest.param(b'{"x":' + b"[" * 30_000, id="too deep"),
        pytest.param(b" " * 70_000, id="too long"),
    ],
)
async def test_what_is_no_token_review_is_answered_4xx(body: bytes) -> None:
    async with open_verifier_server(audiences=[]) as server:
        reply = await server.ask("POST", "/tokenreview", body=body)

    assert reply.status in {400, 413}


async def test_the_port_of_token_reviews_answers_nothing_else() -> None:
    async with open_verifier_server(audiences=[]) as server:
        token = server.issue().reveal()

        assert (await server.ask("GET", "/auth/nginx", f"authorization: Bearer {token}")).status == 404
