"""A workload token, rotated, suspended and deleted: what is said before, and what is done once it is confirmed."""

from __future__ import annotations

from typing import Any

import pytest

from pharia_access.domain.times import format_time
from tests.support.administration.stored_workloads import KEPT, a_child
from tests.support.builders.domain_objects import NOW
from tests.support.console.browser import BASE
from tests.support.console.consoles import Opened, signed_in
from tests.unit.entrypoints.console.test_workload_screens import APP, LIST, a_kept_cluster

TRACKED = {"argocd.argoproj.io/tracking-id": "app"}


def spec(opened: Opened) -> dict[str, Any]:
    found: dict[str, Any] = opened.objects.body("WorkloadToken", KEPT)["spec"]
    return found


async def test_a_rotation_says_until_when_the_old_token_is_good() -> None:
    opened = await signed_in(a_kept_cluster())
    asked = await opened.browser.get(f"{APP}/rotate")
    assert f"{KEPT}-7 stays good until 23 December 2026, 12:00 UTC" in asked.document.text

    shown = await opened.browser.submit(asked, "confirmation")

    assert spec(opened)["rotate"] == format_time(NOW)
    assert opened.browser.at == f"{BASE}{APP}"
    assert shown.document.by_id["notice"].startswith(f"Workload token {KEPT} has a new token made.")


async def test_suspension_is_undone_by_resumption() -> None:
    opened = await signed_in(a_kept_cluster())
    asked = await opened.browser.get(f"{APP}/suspend")
    assert f"No new token will be made for {KEPT} until it is resumed." in asked.document.text

    suspended = await opened.browser.submit(asked, "confirmation")
    assert suspended.document.by_id["suspended"] == "yes: no new token is made"
    assert "rotate" not in suspended.document.by_id
    resumed = await opened.browser.submit(await opened.browser.get(f"{APP}/resume"), "confirmation")

    assert resumed.document.by_id["suspended"] == "no"
    assert spec(opened)["suspended"] is False


async def test_deletion_names_what_goes_and_offers_suspension_first() -> None:
    opened = await signed_in(a_kept_cluster())
    asked = await opened.browser.get(f"{APP}/delete")
    assert asked.document.by_id["sentence"].startswith("Deleting a workload token also deletes its Secret")
    assert asked.document.by_id["instead"].startswith("Suspend instead")
    assert "autofocus" in asked.document.attributes["cancel"]

    mistyped = await opened.browser.submit(asked, "confirmation", ("typed", "app"))
    assert mistyped.document.by_id["typed-error"] == "This is not the name."
    await opened.browser.submit(mistyped, "confirmation", ("typed", KEPT))

    assert ("WorkloadToken", "finance", KEPT) not in opened.objects.bodies
    assert opened.browser.at == f"{BASE}{LIST}"


@pytest.mark.parametrize("act", ["suspend", "delete", "rotate"])
async def test_what_changed_since_it_was_shown_is_asked_again(act: str) -> None:
    opened = await signed_in(a_kept_cluster())
    asked = await opened.browser.get(f"{APP}/{act}")
    spec(opened)["ttl"] = "1h"

    again = await opened.browser.submit(asked, "confirmation", ("typed", KEPT))

    assert again.status == 409
    assert again.document.by_id["changed"].startswith("Something changed since you were asked.")
    assert not {"suspended", "rotate"} & set(spec(opened))


async def test_a_token_that_came_meanwhile_is_named_before_it_goes() -> None:
    opened = await signed_in(a_kept_cluster())
    asked = await opened.browser.get(f"{APP}/delete")
    opened.objects.put(a_child(8))

    assert (await opened.browser.submit(asked, "confirmation", ("typed", KEPT))).status == 409


@pytest.mark.parametrize("act", ["suspend", "delete", "rotate"])
async def test_what_git_declares_is_changed_there_unless_a_person_insists(act: str) -> None:
    objects = a_kept_cluster(suspended=False, rotate="1")
    objects.body("WorkloadToken", KEPT)["metadata"]["annotations"] = TRACKED
    opened = await signed_in(objects)

    declared = await opened.browser.get(f"{APP}/{act}")
    insisted = await opened.browser.get(f"{APP}/{act}?force=yes")

    assert declared.status == 409
    assert "commit" in declared.document.by_id
    assert insisted.status == 200
    assert ("force", "yes") in insisted.document.forms["confirmation"].fields


@pytest.mark.parametrize(("act", "status"), [("resume", 409), ("other", 404)])
async def test_what_cannot_be_done_is_not_offered(act: str, status: int) -> None:
    opened = await signed_in(a_kept_cluster())

    assert (await opened.browser.get(f"{APP}/{act}")).status == status
