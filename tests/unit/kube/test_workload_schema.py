"""How a WorkloadToken is read: its defaults, what is refused, and that what is written reads back the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pharia_access.domain.conditions import Condition
from pharia_access.domain.workload import Current, Losses, Pending, Replaced, Why, WorkloadStatus
from pharia_access.errors import InvalidObjectError
from pharia_access.kube.workload_manifests import child_token, kept_secret, workload_status_patch
from pharia_access.kube.workload_schema import to_workload
from tests.support.builders.domain_objects import NOW, TEXT
from tests.support.builders.stored_objects import merge_patched, with_field
from tests.support.builders.stored_workloads import stored_workload

Json = dict[str, Any]

FULL = WorkloadStatus(
    observed_generation=4,
    revision=7,
    rotate="now",
    current=Current(6, "app-6", "u6", "a" * 16, NOW, NOW - timedelta(hours=1), NOW + timedelta(days=30)),
    pending=Pending(7, "app-7", Why.ASKED, NOW, "u7"),
    replaced=(Replaced(5, "app-5", "u5", "b" * 16, NOW + timedelta(days=10)),),
    renews_at=NOW + timedelta(days=20),
    lost=Losses(2, NOW),
    bound="app",
    conditions=(Condition("Ready", "True", "Current", "Good.", 4, NOW),),
)


def test_the_secret_has_the_objects_name_and_the_key_token_unless_told_otherwise() -> None:
    bare = to_workload(stored_workload())
    told = to_workload(stored_workload(secret={"name": "bot", "key": "PHARIA_TOKEN", "labels": {"a": "b"}}))

    assert (bare.spec.secret.name, bare.spec.secret.key, bare.status) == ("app", "token", WorkloadStatus())
    assert (told.spec.secret.name, told.spec.secret.key, told.spec.secret.labels) == ("bot", "PHARIA_TOKEN", {"a": "b"})


@pytest.mark.parametrize("status", [WorkloadStatus(observed_generation=1), FULL], ids=["empty", "full"])
def test_a_status_is_read_as_it_was_written(status: WorkloadStatus) -> None:
    body = stored_workload()
    patch = workload_status_patch(to_workload(body), status)

    assert to_workload(merge_patched(body, patch)).status == status


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        pytest.param(
            "spec.credentialRef.name", "../x", "spec.credentialRef.name", id="a credential that leaves the path"
        ),
        pytest.param("spec.secret.name", "../x", "spec.secret.name", id="a Secret that leaves the path"),
        pytest.param("spec.secret.key", "a/b", "spec.secret.key", id="a key that no Secret can have"),
        pytest.param("spec.ttl", "30d", "spec.ttl", id="a lifetime in days"),
        pytest.param("spec.renewBefore", "0s", "spec.renewBefore", id="no overlap"),
        pytest.param("status.revision", -1, "status.revision", id="a number below zero"),
        pytest.param("status.pending.why", "Mood", "status.pending.why", id="a reason that is none"),
        pytest.param("status.current.tokenID", "A", "status.current.tokenID", id="an ID that is none"),
        pytest.param("status.revision", 6, "status.revision: is 6, although", id="a number that was never given"),
    ],
)
def test_what_breaks_a_rule_is_refused_as_a_whole(path: str, value: object, why: str) -> None:
    body = stored_workload()
    body = merge_patched(body, workload_status_patch(to_workload(body), FULL))

    with pytest.raises(InvalidObjectError, match=why.replace(".", r"\.")):
        to_workload(with_field(body, path, value))


def test_a_child_is_owned_by_its_workload_alone_and_copies_nothing() -> None:
    body = stored_workload(ttl="720h")
    body["metadata"] |= {"labels": {"a": "b"}, "annotations": {"argocd.argoproj.io/tracking-id": "x"}}
    child = child_token(to_workload(body), "app-1")

    assert child["metadata"] == {
        "name": "app-1",
        "namespace": "finance",
        "labels": {"access.pharia.ai/workload-token": "app"},
        "ownerReferences": [
            {
                "apiVersion": "access.pharia.ai/v1alpha1",
                "kind": "WorkloadToken",
                "name": "app",
                "uid": "workload-1",
                "controller": True,
                "blockOwnerDeletion": False,
            }
        ],
    }
    assert child["spec"] == {"credentialRef": {"name": "invoice-bot"}, "ttl": "720h", "delivery": {"window": "24h"}}


def test_nobody_can_have_the_secret_carry_another_revision_or_workload() -> None:
    ours = {"access.pharia.ai/revision": "9", "access.pharia.ai/workload-token": "other"}
    workload = to_workload(stored_workload(secret={"annotations": ours | {"a": "b"}, "labels": ours | {"c": "d"}}))
    secret = kept_secret(workload, 3, TEXT)

    assert secret["metadata"]["annotations"]["access.pharia.ai/revision"] == "3"
    assert secret["metadata"]["labels"]["access.pharia.ai/workload-token"] == "app"
    assert (secret["metadata"]["annotations"]["a"], secret["metadata"]["labels"]["c"]) == ("b", "d")
    assert list(secret["data"]) == ["token"]


def test_a_dry_run_carries_no_text() -> None:
    workload = to_workload(stored_workload())

    assert kept_secret(replace(workload, uid="u"), 1, None)["data"] == {}
