"""A credential, suspended and deleted: what is said before, and that it is asked again where it changed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pharia_access.domain.times import format_time
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.stored_bodies import an_active_token
from tests.support.builders.domain_objects import NOW
from tests.support.console.browser import BASE
from tests.support.console.consoles import Opened, signed_in
from tools.control_plane.resources import api_token

BOT = "/namespaces/finance/credentials/invoice-bot"
DELETING = (
    "Deleting a credential also deletes all its associated tokens! Any system using one of these tokens will no longer "
    "have access to the PhariaAI platform."
)


def use(opened: Opened, name: str = "ci-0") -> None:
    """Somebody used that token two hours ago."""
    opened.objects.body("ApiToken", name)["status"]["lastUsedTime"] = format_time(NOW - timedelta(hours=2))


def spec(opened: Opened) -> dict[str, object]:
    found: dict[str, object] = opened.objects.body("ApiCredential", "invoice-bot")["spec"]
    return found


async def test_deletion_says_what_goes_and_offers_suspension_first() -> None:
    opened = await signed_in(a_cluster(tokens=3))

    shown = (await opened.browser.get(f"{BOT}/delete")).document

    assert shown.by_id["sentence"] == DELETING
    assert "This deletes invoice-bot and its 3 tokens." in shown.text
    assert "Used within the last week: 0." in shown.by_id["affected"]
    assert shown.by_id["instead"] == "Suspend instead it stops all of them at once, and can be undone."
    assert "autofocus" in shown.attributes["cancel"]
    assert "typed" not in shown.by_id


async def test_a_credential_is_deleted_once_it_is_confirmed() -> None:
    opened = await signed_in()
    asked = await opened.browser.get(f"{BOT}/delete")

    shown = await opened.browser.submit(asked, "confirmation")

    assert ("ApiCredential", "finance", "invoice-bot") not in opened.objects.bodies
    assert shown.document.by_id["notice"] == "Credential invoice-bot and its tokens were deleted."
    assert opened.browser.at == f"{BASE}/namespaces/finance/credentials"


async def test_a_credential_that_was_used_lately_is_deleted_by_who_types_its_name() -> None:
    opened = await signed_in(a_cluster(tokens=2))
    use(opened)
    asked = await opened.browser.get(f"{BOT}/delete")
    assert "ci-02 hours ago ci-1never seen in use" in asked.document.by_id["affected"]

    mistyped = await opened.browser.submit(asked, "confirmation", ("typed", "invoice"))
    assert mistyped.document.by_id["typed-error"] == "This is not the name."
    assert spec(opened)
    await opened.browser.submit(mistyped, "confirmation", ("typed", "invoice-bot"))

    assert ("ApiCredential", "finance", "invoice-bot") not in opened.objects.bodies


@pytest.mark.parametrize("act", ["delete", "suspend"])
@pytest.mark.parametrize("what", ["another token", "other roles", "another object"])
async def test_what_changed_since_it_was_shown_is_asked_again(act: str, what: str) -> None:
    opened = await signed_in()
    asked = await opened.browser.get(f"{BOT}/{act}")
    match what:
        case "another token":
            opened.objects.put(an_active_token(api_token("finance", "new")))
        case "other roles":
            spec(opened)["roles"] = ["os-user"]
        case _:
            opened.objects.body("ApiCredential", "invoice-bot")["metadata"]["uid"] = "another"

    again = await opened.browser.submit(asked, "confirmation")

    assert again.status == 409
    assert again.document.by_id["changed"].startswith("Something changed since you were asked. Nothing was done")
    assert "suspended" not in spec(opened)
    await opened.browser.submit(again, "confirmation")
    assert opened.objects.bodies.get(("ApiCredential", "finance", "invoice-bot"), {}) == {} or spec(opened)["suspended"]


async def test_what_changes_between_the_plan_and_the_write_is_asked_again() -> None:
    opened = await signed_in()
    asked = await opened.browser.get(f"{BOT}/suspend")

    def somebody_writes() -> None:
        opened.objects.before_patch = lambda: None
        body = opened.objects.body("ApiCredential", "invoice-bot")
        opened.objects.put({**body, "spec": {**body["spec"], "roles": ["os-user"]}})

    opened.objects.before_patch = somebody_writes

    again = await opened.browser.submit(asked, "confirmation")

    assert again.status == 409
    assert "changed" in again.document.by_id
    assert "suspended" not in spec(opened)


async def test_what_went_meanwhile_is_said_to_be_missing() -> None:
    opened = await signed_in()
    asked = await opened.browser.get(f"{BOT}/delete")
    del opened.objects.bodies["ApiCredential", "finance", "invoice-bot"]

    again = await opened.browser.submit(asked, "confirmation")

    assert again.status == 404
    assert 'There is no credential "invoice-bot" here.' in again.document.text


async def test_a_form_without_the_mark_only_asks() -> None:
    opened = await signed_in()

    shown = await opened.browser.post(f"{BOT}/delete", {})

    assert shown.document.by_id["sentence"] == DELETING
    assert spec(opened)


async def test_suspension_is_undone_by_resumption() -> None:
    opened = await signed_in()
    asked = await opened.browser.get(f"{BOT}/suspend")
    assert "No token of invoice-bot is accepted until you resume it." in asked.document.text

    suspended = await opened.browser.submit(asked, "confirmation")
    assert spec(opened)["suspended"] is True
    assert suspended.document.by_id["state"] == "Suspended"
    assert suspended.document.by_id["resume"] == "Resume"
    resumed = await opened.browser.submit(await opened.browser.get(f"{BOT}/resume"), "confirmation")

    assert spec(opened)["suspended"] is False
    assert resumed.document.by_id["notice"] == "Credential invoice-bot was resumed."
    once_more = await opened.browser.get(f"{BOT}/resume")
    assert "Credential invoice-bot is not suspended." in once_more.document.text


async def test_a_right_that_is_missing_is_named_before_anybody_is_asked() -> None:
    opened = await signed_in()
    opened.objects.forbidden |= {"delete apicredentials"}

    shown = await opened.browser.get(f"{BOT}/delete")

    assert "You may not delete the credential invoice-bot in namespace finance." in shown.document.text
    assert "This needs the verb delete on apicredentials.access.pharia.ai" in shown.document.text
    assert "confirmation" not in shown.document.forms


async def test_a_deletion_that_a_finalizer_holds_is_said_to_be_under_way() -> None:
    opened = await signed_in()
    opened.objects.finalizers = ("x.example/hold",)
    asked = await opened.browser.get(f"{BOT}/delete")

    shown = await opened.browser.submit(asked, "confirmation")

    assert "is being deleted, and its tokens are refused." in shown.document.by_id["notice"]
    assert "x.example/hold" in shown.document.by_id["notice"]


async def test_deletion_of_what_git_declares_takes_a_second_step() -> None:
    opened = await signed_in(a_cluster(git=True))

    refused = await opened.browser.get(f"{BOT}/delete")
    assert refused.document.by_id["title"] == "This is declared in Git"
    asked = await opened.browser.submit(refused, "insist")
    assert "is declared in Git (by Argo CD), which would create it again." in asked.document.text
    await opened.browser.submit(asked, "confirmation")

    assert ("ApiCredential", "finance", "invoice-bot") not in opened.objects.bodies


async def test_a_confirmation_that_skips_the_second_step_is_sent_back_to_it() -> None:
    opened = await signed_in(a_cluster(git=True))

    refused = await opened.browser.post(f"{BOT}/delete", {"mark": "x"})

    assert refused.document.by_id["title"] == "This is declared in Git"
    assert spec(opened)


async def test_suspension_during_a_leak_is_one_step_although_git_may_undo_it() -> None:
    opened = await signed_in(a_cluster(git=True, suspended=False))

    asked = await opened.browser.get(f"{BOT}/suspend")
    assert "Git may undo this: change it there too." in asked.document.text
    await opened.browser.submit(asked, "confirmation")

    assert spec(opened)["suspended"] is True
