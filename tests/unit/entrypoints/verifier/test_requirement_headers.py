"""Checks whose requirement takes a value from a header: alike on both ways in."""

from __future__ import annotations

import pytest

from pharia_access.domain.verification.token_headers import TokenHeader
from tests.support.verifier.both_ways import BOTH
from tests.support.verifier.listed_headers import ALL, FOR_MODEL, connected, head, model_server

MODEL_CASES = {
    "the model that is held": (("foo-user",), (b"foo",), 200, "ok"),
    "another": (("foo-user",), (b"bar",), 403, "insufficient-scope"),
    "any model is held": (("studio-user",), (b"bar/baz 1;2&3",), 200, "ok"),
    "none": (("foo-user",), (), 403, "unusable-header"),
    "none, where any is held": (("studio-user",), (), 403, "unusable-header"),
    "two": (("studio-user",), (b"foo", b"foo"), 403, "unusable-header"),
    "an empty one": (("studio-user",), (b"",), 403, "unusable-header"),
    "joined by a comma": (("studio-user",), (b"foo,foo",), 403, "unusable-header"),
    "an overlong one": (("studio-user",), (b"x" * 257,), 403, "unusable-header"),
    "no UTF-8": (("studio-user",), (b"\xff",), 403, "unusable-header"),
    "a tab inside": (("studio-user",), (b"a\tb",), 403, "unusable-header"),
    "the name of a header": (("studio-user",), (b"@x-ai-eg-model",), 403, "unusable-header"),
    "blanks around": (("foo-user",), (b"  foo\t",), 200, "ok"),
}


@BOTH
@pytest.mark.parametrize("listed", [(), ALL], ids=["beside bearer tokens", "beside all"])
@pytest.mark.parametrize(("roles", "models", "status", "reason"), MODEL_CASES.values(), ids=MODEL_CASES.keys())
async def test_the_model_of_a_request_comes_from_its_header(
    listed: tuple[TokenHeader, ...],
    roles: tuple[str, ...],
    models: tuple[bytes, ...],
    status: int,
    reason: str,
    *,
    fast: bool,
) -> None:
    server = model_server()
    token = b"Authorization: Bearer " + server.issue(roles=roles).reveal().encode()
    transport = connected(server, listed, fast=fast)

    await transport.talk([head(FOR_MODEL, token, *(b"X-AI-EG-Model: " + model for model in models))])

    assert (transport.statuses(), [said for _, said in server.journal.decided_]) == ([status], [reason])


@BOTH
async def test_a_header_that_cannot_be_used_is_told_in_the_log_without_its_value(*, fast: bool) -> None:
    server = model_server()
    token = server.issue().reveal().encode()
    transport = connected(server, fast=fast)

    await transport.talk([head(FOR_MODEL, b"x-api-key: " + token, b"x-ai-eg-model: secret,secret")])

    assert server.journal.refused_ == [("envoy", "unusable-header", "x-ai-eg-model has a comma")]


@BOTH
async def test_a_bad_token_is_told_before_a_bad_header(*, fast: bool) -> None:
    transport = connected(model_server(), fast=fast)

    await transport.talk([head(FOR_MODEL, b"x-api-key: hello")])

    assert transport.statuses() == [401]


@BOTH
async def test_without_a_list_the_requirement_is_malformed(*, fast: bool) -> None:
    server = model_server()
    token = b"x-api-key: " + server.issue().reveal().encode()
    transport = connected(server, ALL, (), fast=fast)

    await transport.talk([head(FOR_MODEL, token, b"x-ai-eg-model: foo")])

    assert [reason for _, reason in server.journal.decided_] == ["malformed-requirement"]
