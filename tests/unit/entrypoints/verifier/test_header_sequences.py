"""Sequences of checks with tokens in any listed header over one connection, beside a reference."""

from __future__ import annotations

import asyncio
import base64
import secrets

from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.token import mint
from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.token_headers import TokenHeader
from tests.support.verifier.listed_headers import ALL, FOR_MODEL, connected, head, model_server
from tests.support.verifier.token_header_reference import reference

TOKENS = ("good", "foo", "revoked", "unknown", "nonsense")
LINES = st.tuples(
    st.sampled_from(["Authorization: Bearer ", "x-api-key:", "Api-Key: ", "X-Goog-Api-Key:  ", "authorization:Basic "]),
    st.sampled_from([*TOKENS, ""]),
)
REQUESTS = st.tuples(
    st.sampled_from(["/auth/forward", "/auth/nginx?role=foo-user", FOR_MODEL]),
    st.one_of(st.lists(LINES, min_size=1, max_size=1), st.lists(LINES, max_size=3)),
    st.lists(st.sampled_from([b"foo", b"bar", b"", b"foo,bar", b"*"]), max_size=2),
    st.sampled_from([1, 1, 2, 10]),
)


@given(st.lists(REQUESTS, min_size=1, max_size=12), st.sets(st.sampled_from(ALL)).map(tuple))
def test_a_connection_remembers_nothing_that_is_not_so(
    requests: list[tuple[str, list[tuple[str, str]], list[bytes], int]], listed: tuple[TokenHeader, ...]
) -> None:
    """Repeated requests, the same token in another header, the same with another model: as if each came alone."""
    server = model_server()
    texts = {
        "good": server.issue().reveal(),
        "foo": server.issue("foo", roles=("foo-user",)).reveal(),
        "revoked": server.issue("revoked", revoked=True).reveal(),
        "unknown": mint("pharia", secrets.token_bytes).reveal(),
        "nonsense": "hello",
        "": "",
    }
    sent, expected = [], []
    for target, lines, models, times in requests:
        written = [(name + (_pair(texts[of]) if "Basic" in name else texts[of])).encode() for name, of in lines]
        sent += [head(target, *written, *(b"x-ai-eg-model: " + model for model in models))] * times
        expected += [_expected(target, written, models, texts, listed)] * times

    async def heard(*, fast: bool) -> list[int]:
        transport = connected(server, listed, fast=fast)
        await transport.talk(sent)
        return transport.statuses()

    assert [asyncio.run(heard(fast=fast)) for fast in (True, False)] == [expected] * 2


def _pair(text: str) -> str:
    return base64.b64encode(f"u:{text}".encode()).decode() if text else ""


def _expected(
    target: str, lines: list[bytes], models: list[bytes], texts: dict[str, str], listed: tuple[TokenHeader, ...]
) -> int:
    pairs = [(name.lower(), value) for name, _, value in (line.partition(b":") for line in lines)]
    read = reference(pairs, listed)
    if read is Refusal.AMBIGUOUS_CREDENTIALS and not target.startswith("/auth/nginx"):
        return 400
    holder = next((of for of in ("good", "foo") if texts[of].encode() == read), None)
    if holder is None:
        return 401
    if target == "/auth/forward":
        return 200
    if target == FOR_MODEL:
        held = models in ([b"foo"], [b"bar"], [b"*"]) if holder == "good" else models == [b"foo"]
        return 200 if held else 403
    return 200 if holder == "foo" else 403
