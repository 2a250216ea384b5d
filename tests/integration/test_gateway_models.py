"""The model of a request as a requirement, through real gateways that put it into a header as their pages say."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import pytest

from pharia_access.domain.permissions import Permission, Role
from pharia_access.entrypoints.verifier.check_headers import CheckHeaders
from tests.support.gateways.gateway_guides import MODEL, added
from tests.support.gateways.programs import entered
from tests.support.gateways.verifier_thread import verifier_thread
from tools.gateways import real_gateways
from tools.gateways.witness import witness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.gateways.verifier_thread import VerifierThread
    from tools.gateways.protected_service import Gateway, Passage
    from tools.gateways.witness import Witness

NAME: Final = "x-ai-eg-model"
CHAT: Final = "/v1/chat/completions"
ROLE: Final = "role=studio-user"


@pytest.fixture(scope="module")
def naming() -> Iterator[VerifierThread]:
    """A verifier whose requirements may name headers."""
    with verifier_thread(CheckHeaders((), (NAME,))) as running:
        role = Role("foo-user", frozenset({"*"}), (Permission.of("AccessModel", model="foo"),))
        running.run(lambda: running.server.index.put_role(role))
        yield running


@pytest.fixture(scope="module")
def envoy(naming: VerifierThread, service: Witness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with ExitStack() as stack:
        root = tmp_path_factory.mktemp("envoy")
        yield entered(stack, real_gateways.envoy(root, naming.address, added("envoy", MODEL), service=service.address))


@pytest.fixture
def foo(naming: VerifierThread) -> str:
    """A token for the model foo alone."""
    return naming.issue("foo", roles=("foo-user",))


def chat(
    gateway: Gateway, token: str, body: object, *headers: tuple[str, str], kind: str = "application/json"
) -> Passage:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = (("Authorization", f"Bearer {token}"), ("Content-Type", kind), *headers)
    return gateway.ask(*sent, method="POST", path=CHAT, body=raw)


def test_one_rule_lets_each_token_use_its_own_models(envoy: Gateway, naming: VerifierThread, foo: str) -> None:
    every = naming.issue("every")

    told = {
        (who, model): chat(envoy, token, {"model": model, "messages": []}).status
        for who, token in (("foo", foo), ("every", every))
        for model in ("foo", "bar", "meta-llama/Llama-3;model=foo&satisfy=any")
    }

    assert told == {key: 200 if key[0] == "every" or key[1] == "foo" else 403 for key in told}


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param([(NAME, "foo")], id="the header"),
        pytest.param([("X-AI-EG-Model", "foo"), (NAME, "foo")], id="twice"),
        pytest.param([("x_ai_eg_model", "foo")], id="with underscores"),
        pytest.param([(NAME, "foo"), ("Connection", NAME)], id="named by Connection"),
        pytest.param([(NAME, "")], id="empty"),
    ],
)
def test_a_clients_own_header_changes_nothing(
    envoy: Gateway, foo: str, service: Witness, forged: list[tuple[str, str]]
) -> None:
    before = len(service.seen)

    another = chat(envoy, foo, {"model": "bar"}, *forged)
    none = chat(envoy, foo, {"messages": []}, *forged)
    no_json = chat(envoy, foo, b"model=foo", *forged, kind="text/plain")

    assert [passage.status for passage in (another, none, no_json)] == [403, 403, 403]
    assert service.seen[before:] == []


def test_the_service_sees_the_model_that_was_checked(envoy: Gateway, foo: str) -> None:
    passage = chat(envoy, foo, {"model": "foo"}, (NAME, "bar"))

    assert passage.seen is not None
    assert passage.seen[NAME] == "foo"


@pytest.mark.parametrize(
    "model",
    [
        pytest.param("", id="empty"),
        pytest.param(None, id="null"),
        pytest.param("foo,foo", id="a comma"),
        pytest.param("foo\r\nx-ai-eg-model: foo", id="a line of its own"),
        pytest.param("foo\x00", id="a NUL"),
        pytest.param("x" * 257, id="overlong"),
        pytest.param("@x-ai-eg-model", id="the name of a header"),
        pytest.param("foo\u200b", id="a character without width"),
        pytest.param(["foo"], id="a list"),
        pytest.param({"foo": "foo"}, id="an object"),
    ],
)
def test_a_model_that_is_none_lets_nobody_in(
    envoy: Gateway, naming: VerifierThread, service: Witness, foo: str, model: object
) -> None:
    before, every = len(service.seen), naming.issue("every")

    statuses = {chat(envoy, token, {"model": model}).status for token in (foo, every)}

    assert statuses <= {400, 403, 500, 503}
    assert service.seen[before:] == []


def test_of_a_name_that_comes_twice_envoy_takes_the_last(envoy: Gateway, foo: str) -> None:
    """As Python's json does. A service that takes the first would serve another model: see the page."""
    assert chat(envoy, foo, b'{"model":"foo","model":"bar"}').status == 403
    assert chat(envoy, foo, b'{"model":"bar","model":"foo"}').status == 200


def test_without_a_model_not_even_who_may_use_all_gets_in(envoy: Gateway, naming: VerifierThread) -> None:
    every = naming.issue("every")
    bodies: list[object] = [{"messages": []}, b"no JSON", b""]

    assert [chat(envoy, every, body).status for body in bodies] == [403, 403, 403]
    assert naming.server.journal.refused_[-1] == ("envoy", "unusable-header", f"{NAME} is missing")


@pytest.mark.parametrize("name", ["nginx", "caddy", "haproxy", "traefik", "envoy"])
def test_no_gateway_expands_the_name_of_a_header(name: str, service: Witness, tmp_path: Path) -> None:
    asked = f"permission=AccessModel;model=@{NAME}"
    with witness() as verifier, ExitStack() as stack:
        starter = real_gateways.STARTERS[name]
        gateway = entered(stack, starter(tmp_path, verifier.address, {ROLE: asked}, service=service.address))
        verifier.seen.clear()
        gateway.ask((NAME, "foo"))

    (check,) = verifier.seen
    assert asked in check.target
