"""ServiceAccounts that hold a credential: shown, added, and asked about before the credential is taken away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pharia_access.domain.times import format_time
from tests.support.administration.credential_cluster import a_cluster
from tests.support.builders.domain_objects import NOW
from tests.support.console.browser import BASE
from tests.support.console.consoles import Opened, signed_in

BOT = "/namespaces/finance/credentials/invoice-bot"
MINT = "create apicredentials/token"
CHANGE = "patch apicredentials/invoice-bot"


def held(opened: Opened) -> object:
    return opened.objects.body("ApiCredential", "invoice-bot")["spec"].get("serviceAccounts")


async def test_a_credential_tells_who_holds_it_and_when_each_last_used_it() -> None:
    opened = await signed_in(a_cluster(serviceAccounts=[{"name": "app"}, {"name": "batch"}]))
    used = {"app": format_time(NOW - timedelta(hours=2))}
    opened.objects.body("ApiCredential", "invoice-bot")["status"] = {"lastUsedTimes": used}

    shown = (await opened.browser.get(BOT)).document

    assert "app 2 hours ago Take away from app batch never seen in use" in shown.by_id["holders"]


async def test_that_nobody_holds_it_is_said() -> None:
    shown = (await (await signed_in()).browser.get(BOT)).document

    assert shown.by_id["unheld"] == "No ServiceAccount holds it: programs ask with its tokens."


async def test_one_is_added() -> None:
    opened = await signed_in()
    form = await opened.browser.get(f"{BOT}/new-holder")
    assert "pharia-access/invoice-bot" in form.document.by_id["meaning"]

    shown = await opened.browser.submit(form, "holder-form", ("account", " app "))

    assert opened.browser.at == f"{BASE}{BOT}"
    assert shown.document.by_id["notice"] == "ServiceAccount app holds invoice-bot from now on."
    assert held(opened) == [{"name": "app"}]


async def test_one_that_is_not_there_is_added_and_told() -> None:
    opened = await signed_in()
    opened.objects.accounts = {"batch"}
    form = await opened.browser.get(f"{BOT}/new-holder")

    shown = await opened.browser.submit(form, "holder-form", ("account", "app"))

    assert shown.document.by_id["notice"] == (
        "ServiceAccount app holds invoice-bot from now on. There is no ServiceAccount app in namespace finance: its "
        "pods hold invoice-bot once somebody creates it. To create it, in a terminal: kubectl create serviceaccount "
        "app -n finance"
    )
    assert held(opened) == [{"name": "app"}]


@pytest.mark.parametrize("name", ["", "App", "a b", "-a", "a" * 254, "<b>", "../x"])
async def test_what_is_no_name_is_told_at_the_field(name: str) -> None:
    opened = await signed_in()
    form = await opened.browser.get(f"{BOT}/new-holder")

    shown = await opened.browser.submit(form, "holder-form", ("account", name))

    assert shown.status == 422
    assert shown.document.by_id["account-error"].startswith("Use the name of a ServiceAccount")
    assert held(opened) is None


async def test_who_holds_it_already_is_told_and_stays() -> None:
    opened = await signed_in(a_cluster(serviceAccounts=[{"name": "app", "uid": "u"}]))
    form = await opened.browser.get(f"{BOT}/new-holder")

    shown = await opened.browser.submit(form, "holder-form", ("account", "app"))

    assert shown.document.by_id["notice"] == "ServiceAccount app already holds invoice-bot."
    assert held(opened) == [{"name": "app", "uid": "u"}]


async def test_it_is_taken_away_once_that_is_confirmed() -> None:
    opened = await signed_in(a_cluster(serviceAccounts=[{"name": "app"}, {"name": "batch"}]))
    asked = await opened.browser.get(f"{BOT}/remove-holder?account=app")
    told = "Pods of the ServiceAccount app (never seen in use) will be refused immediately."
    assert (told in asked.document.text, asked.document.text.count("Pods of")) == (True, 1)
    assert held(opened) == [{"name": "app"}, {"name": "batch"}]

    shown = await opened.browser.submit(asked, "confirmation")

    assert shown.document.by_id["notice"] == "ServiceAccount app no longer holds invoice-bot."
    assert held(opened) == [{"name": "batch"}]


@pytest.mark.parametrize(
    ("account", "status", "said"),
    [
        ("none", 409, "ServiceAccount none did not hold credential invoice-bot"),
        *((each, 400, "That is no name of a ServiceAccount") for each in ("", "%3Cb%3E", "app%20")),
    ],
)
async def test_who_does_not_hold_it_is_taken_nothing_away(account: str, status: int, said: str) -> None:
    opened = await signed_in(a_cluster(serviceAccounts=[{"name": "app"}]))

    shown = await opened.browser.get(f"{BOT}/remove-holder?account={account}")

    assert shown.status == status
    assert said.lower() in shown.document.text.lower()
    assert "<b>" not in shown.text


@pytest.mark.parametrize("act", ["suspend", "delete"])
async def test_suspension_and_deletion_name_the_holders(act: str) -> None:
    opened = await signed_in(a_cluster(serviceAccounts=[{"name": "app"}]))

    shown = await opened.browser.get(f"{BOT}/{act}")

    assert "Pods of the ServiceAccount app (never seen in use) are affected." in shown.document.text


@pytest.mark.parametrize(
    ("right", "path", "said"),
    [
        pytest.param("create apicredentials/token", "new-holder", "mint", id="to add one, the right to mint"),
        pytest.param("patch apicredentials", "new-holder", "change the credential", id="and to change it"),
        pytest.param("patch apicredentials", "remove-holder?account=app", "change the credential", id="to take away"),
    ],
)
async def test_the_right_that_is_missing_is_named(right: str, path: str, said: str) -> None:
    opened = await signed_in(a_cluster(serviceAccounts=[{"name": "app"}]))
    opened.objects.forbidden = {right}
    if path == "new-holder":
        form = await opened.browser.get(f"{BOT}/{path}")
        shown = await opened.browser.submit(form, "holder-form", ("account", "batch"))
    else:
        shown = await opened.browser.get(f"{BOT}/{path}")

    assert shown.status == 403
    assert said in shown.document.text
    assert held(opened) == [{"name": "app"}]


@pytest.mark.parametrize(
    ("forbidden", "adds", "takes", "verb"),
    [
        pytest.param("", True, True, "", id="every right"),
        pytest.param(MINT, False, True, "create on apicredentials.access.pharia.ai/token", id="not to mint"),
        pytest.param(CHANGE, False, False, "patch on apicredentials.access.pharia.ai", id="not to change"),
    ],
)
async def test_a_button_without_its_right_is_off_and_names_the_right(
    forbidden: str, verb: str, *, adds: bool, takes: bool
) -> None:
    opened = await signed_in(a_cluster(serviceAccounts=[{"name": "app"}]))
    opened.objects.forbidden.add(forbidden)

    shown = (await opened.browser.get(BOT)).document

    assert ("disabled" in shown.attributes["new-holder"]) is not adds
    assert (f"{BASE}{BOT}/remove-holder?account=app" in shown.links) is takes
    assert ("may-not-add" in shown.by_id, "may-not-take" in shown.by_id) == (not adds, not takes)
    assert f"This needs the verb {verb}" in shown.text or not verb


async def test_as_many_as_may_hold_it_are_not_added_to() -> None:
    opened = await signed_in(a_cluster(serviceAccounts=[{"name": f"pod-{number}"} for number in range(16)]))

    shown = (await opened.browser.get(BOT)).document

    assert "disabled" in shown.attributes["new-holder"]
    assert shown.by_id["may-not-add"].startswith("As many ServiceAccounts hold it as may")


async def test_what_git_declares_is_taken_away_in_a_second_step_from_the_same_one() -> None:
    opened = await signed_in(a_cluster(git=True, serviceAccounts=[{"name": "app"}, {"name": "batch"}]))

    declared = await opened.browser.get(f"{BOT}/remove-holder?account=batch")
    asked = await opened.browser.submit(declared, "insist", ("force", "yes"))
    await opened.browser.submit(asked, "confirmation")

    assert declared.status == 409
    assert held(opened) == [{"name": "app"}]


@pytest.mark.parametrize(("act", "word"), [("remove-holder?account=app", "app"), ("delete", "invoice-bot")])
async def test_what_pods_used_lately_goes_by_its_typed_name(act: str, word: str) -> None:
    opened = await signed_in(a_cluster(serviceAccounts=[{"name": "app"}]))
    used = {"app": format_time(NOW - timedelta(hours=2))}
    opened.objects.body("ApiCredential", "invoice-bot")["status"] = {"lastUsedTimes": used}
    asked = await opened.browser.get(f"{BOT}/{act}")

    mistyped = await opened.browser.submit(asked, "confirmation", ("typed", "other"))
    assert mistyped.document.by_id["typed-error"] == "This is not the name."
    assert held(opened) == [{"name": "app"}]
    await opened.browser.submit(mistyped, "confirmation", ("typed", word))

    left = opened.objects.bodies.get(("ApiCredential", "finance", "invoice-bot"), {"spec": {}})
    assert not left["spec"].get("serviceAccounts")


async def test_a_confirmation_of_one_takes_no_other_away() -> None:
    opened = await signed_in(a_cluster(serviceAccounts=[{"name": "app"}, {"name": "batch"}]))
    asked = await opened.browser.get(f"{BOT}/remove-holder?account=batch")

    again = await opened.browser.submit(asked, "confirmation", ("account", "app"))

    assert again.status == 409
    assert held(opened) == [{"name": "app"}, {"name": "batch"}]
