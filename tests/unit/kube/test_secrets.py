"""Whatever a call about a Secret is answered with, nothing of a token gets into an error, a repr or a traceback."""

from __future__ import annotations

import base64
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.domain.api_values import ForeignSecret, OneTimeSecret
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    InvalidObjectError,
    KeyringError,
)
from pharia_access.kube import manifests
from pharia_access.kube.client import connect
from pharia_access.kube.secrets import KubeSecrets
from tests.support.builders.domain_objects import TEXT, a_token
from tests.support.fakes.hostile_api import ReceivedRequest, hostile_api, plain_kubeconfig, reply
from tests.support.security.shown_errors import everything_about, everything_shown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

Json = dict[str, Any]

KEY = ObjectKey("finance", "ci-token")
PLAIN = TEXT.reveal()
IN_BASE64 = base64.b64encode(PLAIN.encode()).decode()
SECRET: Json = {
    **manifests.one_time_secret(a_token(), TEXT),
    "metadata": {
        "name": KEY.name,
        "namespace": KEY.namespace,
        "uid": "secret-1",
        "resourceVersion": "7",
        "creationTimestamp": "2026-11-23T12:00:00Z",
    },
}
OUR_DENIAL = "ValidatingAdmissionPolicy 'restrain-operator-secrets.access.pharia.ai' with binding 'all' denied request"
ECHO = f"it was {json.dumps(SECRET)} and {PLAIN}"

KEYRING: Json = {**SECRET, "type": manifests.KEYRING_TYPE, "data": {"current": IN_BASE64}}

CALLS: dict[str, Callable[[KubeSecrets], Awaitable[object]]] = {
    "create": lambda secrets: secrets.create_one_time_secret(a_token(), TEXT),
    "look": lambda secrets: secrets.inspect_secret(KEY),
    "delete": lambda secrets: secrets.delete_secret(KEY, "secret-1"),
    "read keyring": lambda secrets: secrets.read_keyring(),
    "create keyring": lambda secrets: secrets.create_keyring({"current": PLAIN.encode()}),
    "replace keyring": lambda secrets: secrets.replace_keyring({"current": PLAIN.encode()}, resource_version="7"),
}


def a_status(code: int, reason: str, **more: object) -> bytes:
    """A refusal that repeats the Secret wherever it can."""
    body = {"kind": "Status", "code": code, "reason": reason, "message": ECHO, **more}
    return reply(code, body, x_echo=PLAIN)


ANSWERS: dict[str, bytes | None] = {
    "silence": None,
    "nothing": b"",
    "no HTTP": f"{PLAIN}\r\n\r\n".encode(),
    "a broken header": f"HTTP/1.1 200 OK\r\n{PLAIN}\x01\r\n\r\n".encode(),
    "half": f"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{PLAIN}".encode(),
    "a broken chunk": f"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{PLAIN}\r\n".encode(),
    "text": reply(200, PLAIN.encode()),
    "another shape": reply(200, {**SECRET, "metadata": PLAIN}),
    "no base64": reply(200, {**SECRET, "data": {"token": f"{PLAIN}!"}}),
    "no time": reply(200, {**SECRET, "metadata": {**SECRET["metadata"], "creationTimestamp": PLAIN}}),
    "a Status": a_status(200, "", status="Success", details={"name": PLAIN, "uid": PLAIN}),
    "400": a_status(400, "BadRequest"),
    "401": a_status(401, "Unauthorized"),
    "403": a_status(403, "Forbidden"),
    "403 by policy": a_status(403, "Forbidden", message=f"{OUR_DENIAL}: {ECHO}"),
    "404": reply(404, PLAIN.encode()),
    "409": a_status(409, "AlreadyExists"),
    "409 conflict": a_status(409, "Conflict"),
    "422": a_status(422, "Invalid"),
    "429": a_status(429, "TooManyRequests"),
    "500": a_status(500, "InternalError"),
    "a reason": a_status(500, PLAIN),
    "302": reply(302, PLAIN.encode()),
}


@asynccontextmanager
async def secrets_of(
    tmp_path: Path, answer: Callable[[ReceivedRequest], bytes | None], *, timeout_seconds: float = 5
) -> AsyncIterator[KubeSecrets]:
    """The port, to a server that answers so."""
    async with (
        hostile_api(answer) as api,
        connect(plain_kubeconfig(tmp_path / "kubeconfig", api.url), pool_size=2) as connection,
    ):
        yield KubeSecrets(connection, namespace="pharia-access-system", timeout_seconds=timeout_seconds)


@pytest.mark.parametrize("call", CALLS)
async def test_no_error_tells_a_token(tmp_path: Path, call: str) -> None:
    answers = iter(ANSWERS.values())
    leaks = []
    async with secrets_of(tmp_path, lambda _: next(answers), timeout_seconds=0.5) as secrets:
        for name in ANSWERS:
            shown = await everything_shown(CALLS[call](secrets))
            leaks += [name] if PLAIN in shown or IN_BASE64 in shown else []

    assert not leaks
    assert next(answers, "all were given") == "all were given"


async def test_no_error_of_a_replacement_tells_a_token(tmp_path: Path) -> None:
    answers = iter(ANSWERS.values())
    leaks = []

    def answer(request: ReceivedRequest) -> bytes | None:
        return reply(200, KEYRING) if request.method == "GET" else next(answers)

    async with secrets_of(tmp_path, answer, timeout_seconds=0.5) as secrets:
        for name in ANSWERS:
            shown = await everything_shown(CALLS["replace keyring"](secrets))
            leaks += [name] if PLAIN in shown or IN_BASE64 in shown else []

    assert not leaks
    assert next(answers, "all were given") == "all were given"


async def test_a_secret_of_ours_is_seen(tmp_path: Path) -> None:
    async with secrets_of(tmp_path, lambda _: reply(200, SECRET)) as secrets:
        seen = await secrets.inspect_secret(KEY)

    assert isinstance(seen, OneTimeSecret)
    assert (seen.key, seen.uid, seen.immutable) == (KEY, "secret-1", True)
    assert (seen.token_uid, seen.token_name, seen.text) == ("token-1", "ci", TEXT)


async def test_a_look_says_twice_that_nothing_is_to_be_deleted(tmp_path: Path) -> None:
    """In the query and in the body: whichever gets lost on the way, the Secret stays."""
    requests: list[ReceivedRequest] = []

    def answer(request: ReceivedRequest) -> bytes:
        requests.append(request)
        return reply(200, SECRET)

    async with secrets_of(tmp_path, answer) as secrets:
        await secrets.inspect_secret(KEY)

    (look,) = requests
    body = json.loads(look.body)
    assert (look.method, look.path) == ("DELETE", "/api/v1/namespaces/finance/secrets/ci-token")
    assert look.query == {"dryRun": ["All"], "propagationPolicy": ["Foreground"]}
    assert (body["kind"], body["dryRun"], body["propagationPolicy"]) == ("DeleteOptions", ["All"], "Foreground")


async def test_a_secret_that_is_being_deleted_is_seen_as_any_other(tmp_path: Path) -> None:
    leaving = {**SECRET["metadata"], "deletionTimestamp": "2026-11-23T12:00:00Z", "finalizers": ["foregroundDeletion"]}
    async with secrets_of(tmp_path, lambda _: reply(200, {**SECRET, "metadata": leaving})) as secrets:
        seen = await secrets.inspect_secret(KEY)

    assert isinstance(seen, OneTimeSecret)
    assert seen.text == TEXT


@pytest.mark.parametrize("code", [200, 202])
async def test_a_look_that_shows_no_secret_is_no_look(tmp_path: Path, code: int) -> None:
    """So an API server without its garbage collector answers, and a deletion that was none of a dry run."""
    async with secrets_of(tmp_path, lambda _: a_status(code, "", status="Success")) as secrets:
        with pytest.raises(InvalidError, match="shows no Secret: does the API server collect garbage") as raised:
            await secrets.inspect_secret(KEY)

    assert PLAIN not in everything_about(raised.value)


async def test_a_keyring_that_changed_is_not_replaced(tmp_path: Path) -> None:
    requests: list[ReceivedRequest] = []

    def answer(request: ReceivedRequest) -> bytes:
        requests.append(request)
        return reply(200, KEYRING)

    async with secrets_of(tmp_path, answer) as secrets:
        with pytest.raises(ConflictError):
            await secrets.replace_keyring({"current": b"k2"}, resource_version="6")

    assert [request.method for request in requests] == ["GET"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({}, id="without data"),
        pytest.param({"token": base64.b64encode(b"\xff not a token").decode()}, id="without a well-formed token"),
    ],
)
async def test_a_secret_of_our_type_need_not_hold_a_token(tmp_path: Path, data: Json) -> None:
    async with secrets_of(tmp_path, lambda _: reply(200, {**SECRET, "data": data})) as secrets:
        seen = await secrets.inspect_secret(KEY)

    assert isinstance(seen, OneTimeSecret)
    assert seen.text is None


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(ANSWERS["403 by policy"], id="admission shows nothing of it"),
        pytest.param(reply(200, {**SECRET, "type": "Opaque"}), id="without the policy, its type says so"),
    ],
)
async def test_a_secret_of_others_is_known_as_such(tmp_path: Path, answer: bytes) -> None:
    async with secrets_of(tmp_path, lambda _: answer) as secrets:
        assert await secrets.inspect_secret(KEY) == ForeignSecret(KEY)


async def test_a_right_that_rbac_lacks_is_not_taken_for_a_secret_of_others(tmp_path: Path) -> None:
    async with secrets_of(tmp_path, lambda _: ANSWERS["403"] or b"") as secrets:
        with pytest.raises(ForbiddenError):
            await secrets.inspect_secret(KEY)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(reply(200, SECRET), id="a Secret of another type of ours"),
        pytest.param(reply(200, {**SECRET, "type": "Opaque"}), id="a Secret of others"),
        pytest.param(ANSWERS["no base64"], id="data that is no base64"),
    ],
)
async def test_what_is_no_keyring_is_said(tmp_path: Path, answer: bytes) -> None:
    async with secrets_of(tmp_path, lambda _: answer) as secrets:
        with pytest.raises(KeyringError, match="pharia-access-system/pharia-access-keyring"):
            await secrets.read_keyring()


async def test_an_answer_that_is_no_secret_is_malformed(tmp_path: Path) -> None:
    async with secrets_of(tmp_path, lambda _: reply(200, {})) as secrets:
        with pytest.raises(InvalidObjectError):
            await secrets.inspect_secret(KEY)
