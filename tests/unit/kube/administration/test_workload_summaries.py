"""Summaries of WorkloadTokens: total, whatever the object holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.administration.workload_tokens import HeldToken
from pharia_access.kube.administration.summaries import token_summary
from pharia_access.kube.administration.workload_summaries import workload_summary
from tests.support.administration.stored_workloads import KEPT, a_child, a_workload, refused
from tests.support.builders.domain_objects import NOW, TEXT

Json = dict[str, Any]


def test_an_object_is_summed_up() -> None:
    workload = workload_summary(a_workload(rotate="now", ttl="720h"))

    assert (workload.secret, workload.entry, workload.ttl, workload.rotate) == ("invoice-bot", "token", "720h", "now")
    assert workload.current == HeldToken(
        f"{KEPT}-7", 7, TEXT.token_id, NOW - timedelta(hours=2), NOW + timedelta(days=30)
    )
    assert [held.name for held in workload.replaced] == [f"{KEPT}-6"]
    assert (workload.state, workload.hindered, workload.held) == ("Current", False, 7)


def test_a_secret_that_is_not_named_has_the_name_of_the_object() -> None:
    body = a_workload(status={})
    del body["spec"]["secret"]

    workload = workload_summary(body)

    assert (workload.secret, workload.entry, workload.state, workload.held) == (KEPT, "token", "Pending", 0)


@pytest.mark.parametrize(
    ("status", "metadata", "state"),
    [
        (refused(KEPT, "NotDelegated", "no"), {}, "NotDelegated"),
        (refused(KEPT, "Suspended", "no"), {}, "Suspended"),
        ({}, {"deletionTimestamp": "2026-11-23T00:00:00Z"}, "Deleting"),
    ],
)
def test_a_state_is_a_word(status: Json, metadata: Json, state: str) -> None:
    body = a_workload(status=status)
    body["metadata"] |= metadata

    assert workload_summary(body).state == state


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=6,
)
NAMES = ("current", "pending", "replaced", "renewsAt", "lost", "conditions", "revision", "rotate", "observedGeneration")


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(("metadata", "spec"), JSON)),
    st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON)),
)
def test_nothing_that_an_object_holds_is_an_error(parts: Json, status: Json) -> None:
    assert workload_summary({**parts, "status": status}).state


def test_a_keeper_is_the_controller_and_nobody_else() -> None:
    child, forged, foreign = a_child(1), a_child(2), a_child(3)
    forged["metadata"]["ownerReferences"][0]["controller"] = False
    foreign["metadata"]["ownerReferences"][0]["kind"] = "Deployment"

    assert [token_summary(body).keeper for body in (child, forged, foreign)] == [KEPT, "", ""]
