"""A credential's roles, edited: whom it affects, what is lost, and who changed it meanwhile."""

from __future__ import annotations

from tests.support.administration.credential_cluster import a_cluster
from tests.support.console.consoles import Opened, signed_in

BOT = "/namespaces/finance/credentials/invoice-bot"
EDITING = (
    "Adding or removing a role from a credential affects all applications using the credential's associated tokens!"
)


def spec(opened: Opened) -> dict[str, object]:
    found: dict[str, object] = opened.objects.body("ApiCredential", "invoice-bot")["spec"]
    return found


async def test_adding_a_role_says_whom_it_affects_and_counts_at_once() -> None:
    opened = await signed_in(a_cluster(tokens=3))
    form = await opened.browser.get(f"{BOT}/roles")
    assert form.document.by_id["title"] == "Edit credentials roles"
    assert form.document.by_id["sentence"] == EDITING
    assert form.document.by_id["affected"] == "invoice-bot has 3 active tokens; the change counts at once."

    shown = await opened.browser.submit(form, "roles-form", ("role", "studio-user"), ("role", "os-user"))

    assert spec(opened)["roles"] == ["studio-user", "os-user"]
    assert shown.document.by_id["notice"] == "The roles of invoice-bot were changed. They count at once."


async def test_taking_a_role_away_is_asked_about_with_what_is_lost() -> None:
    objects = a_cluster()
    objects.body("ApiRole", "studio-user", "")["spec"]["permissions"] = [{"permission": "AccessStudio"}]
    opened = await signed_in(objects)
    form = await opened.browser.get(f"{BOT}/roles")

    asked = await opened.browser.submit(form, "roles-form", ("role", "os-user"))
    assert spec(opened)["roles"] == ["studio-user"]
    assert asked.document.by_id["confirm"] == "Save and take away 1 role"
    assert asked.document.by_id["sentence"] == EDITING
    assert "Roles: +os-user, -studio-user." in asked.document.text
    assert "Permissions taken away (−): AccessStudio." in asked.document.text  # noqa: RUF001 - a minus sign
    await opened.browser.submit(asked, "confirmation")

    assert spec(opened)["roles"] == ["os-user"]


async def test_nothing_is_written_where_nothing_differs() -> None:
    opened = await signed_in()
    form = await opened.browser.get(f"{BOT}/roles")
    version = opened.objects.body("ApiCredential", "invoice-bot")["metadata"]["resourceVersion"]

    shown = await opened.browser.submit(form, "roles-form")

    assert shown.document.by_id["notice"] == "Credential invoice-bot already has these roles."
    assert opened.objects.body("ApiCredential", "invoice-bot")["metadata"]["resourceVersion"] == version


async def test_who_changed_it_meanwhile_is_named_and_the_choice_is_kept() -> None:
    opened = await signed_in()
    form = await opened.browser.get(f"{BOT}/roles")
    body = opened.objects.body("ApiCredential", "invoice-bot")
    body["spec"]["roles"] = ["studio-user", "reader"]
    body["metadata"]["managedFields"] = [
        {"manager": "operator", "time": "2026-11-23T13:00:00Z", "subresource": "status"},
        {"manager": "kubectl-edit", "time": "2026-11-23T12:30:00Z"},
        {"manager": "older", "time": "2026-11-23T12:00:00Z"},
        {"manager": "odd", "time": "yesterday"},
        "no entry",
    ]

    again = await opened.browser.submit(form, "roles-form", ("role", "studio-user"), ("role", "os-user"))

    assert again.status == 409
    assert again.document.by_id["changed"] == (
        "This credential was changed at 23 November 2026, 12:30 UTC (by kubectl-edit): its roles are studio-user, "
        "reader. Your change is below; look, then save again."
    )
    assert ("role", "os-user") in again.document.forms["roles-form"].fields
    assert spec(opened)["roles"] == ["studio-user", "reader"]
    await opened.browser.submit(again, "roles-form")
    assert spec(opened)["roles"] == ["studio-user", "reader"]


async def test_a_change_between_the_last_look_and_the_write_overwrites_nothing() -> None:
    opened = await signed_in()
    form = await opened.browser.get(f"{BOT}/roles")

    def somebody_writes() -> None:
        opened.objects.before_patch = lambda: None
        body = opened.objects.body("ApiCredential", "invoice-bot")
        opened.objects.put({**body, "spec": {**body["spec"], "roles": ["studio-user", "reader"]}})

    opened.objects.before_patch = somebody_writes

    shown = await opened.browser.submit(form, "roles-form", ("role", "studio-user"), ("role", "os-user"))

    assert shown.status == 409
    assert shown.document.by_id["changed"].startswith("This credential was changed: its roles are studio-user, reader.")
    assert spec(opened)["roles"] == ["studio-user", "reader"]


async def test_what_git_declares_is_refused_until_somebody_insists() -> None:
    opened = await signed_in(a_cluster(git=True))
    form = await opened.browser.get(f"{BOT}/roles")

    refused = await opened.browser.submit(form, "roles-form", ("role", "studio-user"), ("role", "os-user"))
    assert "spec.roles of credential invoice-bot is declared in Git (by Argo CD), which may revert the change." in (
        refused.document.text
    )
    assert refused.document.by_id["insist"] == "Change it here all the same"
    assert spec(opened)["roles"] == ["studio-user"]
    await opened.browser.submit(refused, "roles-form", ("force", "yes"))

    assert spec(opened)["roles"] == ["studio-user", "os-user"]
