"""Of a token in a long list the same is said as of one that is read alone, whatever is in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharia_access.errors import InvalidObjectError
from pharia_access.kube.administration.summaries import token_summary
from pharia_access.kube.administration.token_reading import read_token

GOOD_TEXTS = st.sampled_from(
    ["", "ci", "Active", "True", "False", "Collected", "1h", "2s0", "ä€\u2028", "argocd-controller"]
)
GOOD_TIMES = st.sampled_from(
    ["2026-11-23T12:00:00Z", "2026-11-24T12:00:00.5+02:00", "2026-11-23", "9999-99-99T00:00:00Z"]
)
JUNK = st.sampled_from([None, True, 3, "x", "", [], [None], ["x", 3], {}, {"x": 1}, {"name": 3}, {"uid": 3}])
REVOCATION: dict[str, Any] = {"f:spec": {"f:revoked": {}}}


def bodies(junk: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Tokens that lack whatever they may; `junk`: what may stand in any place."""

    def objects(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.fixed_dictionaries({}, optional={**fields, "other": JUNK}) | junk

    texts, times, flags = GOOD_TEXTS | junk, GOOD_TIMES | junk, st.booleans() | junk
    marks = objects(**dict.fromkeys(("access.pharia.ai/replaces", "argocd.argoproj.io/tracking-id"), texts))
    managed = objects(manager=texts, time=times, fieldsV1=st.just(REVOCATION) | junk)
    condition = objects(
        type=st.sampled_from(["Ready", "Active", "Delivered", "Stalled"]) | junk,
        status=texts,
        reason=texts,
        message=texts,
        lastTransitionTime=times,
    )
    owner = objects(kind=st.sampled_from(["WorkloadToken", "ApiCredential", ""]) | junk, name=texts, controller=flags)
    metadata = objects(
        name=texts,
        namespace=texts,
        uid=texts,
        creationTimestamp=times,
        deletionTimestamp=times,
        labels=marks,
        annotations=marks,
        ownerReferences=st.lists(owner, max_size=3) | junk,
        managedFields=st.lists(managed, max_size=3) | junk,
    )
    spec = objects(
        credentialRef=objects(name=texts),
        revoked=flags,
        revocationReason=texts,
        expiresAt=times,
        description=texts,
        delivery=objects(window=texts),
    )
    moments = ("issuedAt", "expiresAt", "endsAt", "lastUsedTime", "lastInspectedTime")
    status = objects(
        tokenID=texts,
        hash=texts,
        phase=texts,
        **dict.fromkeys(moments, times),
        credential=objects(name=texts, uid=texts),
        mac=objects(keyID=texts, keyFingerprint=texts),
        delivery=objects(state=texts, secretName=texts, secretUID=texts, deadline=times),
        conditions=st.lists(condition, max_size=4) | junk,
    )
    return st.fixed_dictionaries({}, optional={"metadata": metadata, "spec": spec, "status": status})


@given(body=bodies(st.nothing()) | bodies(JUNK))
@settings(max_examples=600)
def test_in_a_list_a_token_says_what_it_says_alone(body: dict[str, Any]) -> None:
    assert read_token(json.dumps(body).encode()) == token_summary(body)


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"{", b'{"metadata": \xff}', b"[" * 10_000])
def test_what_is_no_object_is_refused_without_any_part_of_it(body: bytes) -> None:
    with pytest.raises(InvalidObjectError) as refused:
        read_token(body)

    assert refused.value.__cause__ is None


def test_what_tokens_have_in_common_is_in_memory_once() -> None:
    first, second = (
        read_token(
            json.dumps({"metadata": {"namespace": "finance", "name": name, "creationTimestamp": created}}).encode()
        )
        for name, created in (("one", "2026-11-23T12:00:00Z"), ("two", "2026-11-23T12:00:00Z"))
    )

    assert first.key.namespace is second.key.namespace
    assert first.created is second.created
