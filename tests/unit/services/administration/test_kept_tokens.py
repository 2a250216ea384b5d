"""Tokens that a WorkloadToken keeps: which are its own, who rotates them, and what ending one means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pharia_access.domain.administration import next_steps as steps
from pharia_access.domain.model import ObjectKey
from pharia_access.services.administration import rotation, tokens, workload_tokens
from pharia_access.services.administration.plans import BlockedError
from tests.support.administration.contexts import context_of
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.stored_workloads import KEPT, a_child, a_workload
from tools.control_plane.resources import api_credential

KEY = ObjectKey("finance", KEPT)


def a_cluster() -> FakeObjects:
    return FakeObjects().put(api_credential("finance"), a_workload(), a_child(6), a_child(7))


async def test_only_tokens_whose_keeper_it_is_are_its_tokens() -> None:
    objects = a_cluster()
    forged = a_child(99)
    del forged["metadata"]["ownerReferences"]
    context = context_of(objects.put(forged, a_child(10)))
    workload = (await workload_tokens.read(context, KEPT)).summary

    kept = await workload_tokens.kept_tokens(context, workload)

    assert [token.key.name for token in kept] == [f"{KEPT}-10", f"{KEPT}-7", f"{KEPT}-6"]


async def test_a_kept_token_is_rotated_by_its_keeper() -> None:
    context = context_of(a_cluster())

    with pytest.raises(BlockedError, match=f"belongs to the workload token {KEPT}") as blocked:
        await rotation.plan_rotation(context, f"{KEPT}-7", rotation.RotationOptions())
    many = await rotation.plan_rotations(context, timedelta(days=11), rotation.RotationOptions())

    assert blocked.value.next_steps == (steps.RotateWorkload(KEY),)
    assert many.due == ()
    assert {why for _, why in many.left_alone} == {f"the workload token {KEPT} replaces it by itself"}


async def test_whoever_ends_a_kept_token_is_told_what_follows() -> None:
    context = context_of(a_cluster())

    revoked = await tokens.plan_revocation(context, [f"{KEPT}-7"])
    deleted = await tokens.plan_deletion(context, [f"{KEPT}-7"])

    for plan in (revoked, deleted):
        assert f"It belongs to the workload token {KEPT}" in plan.consequences[0]
        assert plan.consequences[0].endswith("rotate the workload token.")
