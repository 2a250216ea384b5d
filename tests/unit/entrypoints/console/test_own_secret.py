"""A secret into a Secret of the person's own: past the browser, and told what follows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.administration.own_secret import OwnSecret, SecretMark
from pharia_access.domain.administration.secret_workloads import SecretWorkloads
from pharia_access.domain.model import ObjectKey
from pharia_access.errors import UnavailableError
from tests.support.builders.domain_objects import TEXT
from tests.support.console.browser import BASE
from tests.support.console.consoles import Opened, signed_in

if TYPE_CHECKING:
    from tests.support.console.browser import Received

NEW = "/namespaces/finance/credentials/invoice-bot/new-token"
TOKEN = "/namespaces/finance/tokens/invoice-bot-e4f5a"
ONE_TIME = ObjectKey("finance", "invoice-bot-e4f5a-token")
OWN = ObjectKey("finance", "invoice-bot")
OURS = OwnSecret(OWN, "uid", "1", mark=SecretMark("invoice-bot", "ci-0", "token"))


async def asked(opened: Opened) -> Received:
    """The form, for a token whose secret waits."""
    await opened.browser.submit(await opened.browser.get(NEW), "token-form", ("to", "secret"))
    assert opened.browser.at == f"{BASE}{TOKEN}/store"
    await opened.objects.sleep(1)
    return await opened.browser.get(f"{TOKEN}/store")


async def test_it_goes_from_secret_to_secret_and_through_no_browser() -> None:
    opened = await signed_in()

    shown = await opened.browser.submit(await asked(opened), "own-secret")

    assert opened.browser.at == f"{BASE}{TOKEN}"
    assert opened.neighbors.texts == {OWN: TEXT}
    assert ONE_TIME not in opened.objects.secrets
    notice = shown.document.by_id["notice"]
    assert notice.startswith("The secret of invoice-bot-e4f5a is in Secret invoice-bot, under token.")
    assert "The token ends at " in notice
    assert "restart" not in notice
    assert TEXT.reveal() not in "".join(opened.browser.seen)


@pytest.mark.parametrize(
    ("readers", "told"),
    [
        (SecretWorkloads(("deployment/invoice-bot",), certain=True), "restart deployment/invoice-bot."),
        (SecretWorkloads(("deployment/a", "daemonset/b")), "restart deployment/a, daemonset/b. There may be more"),
        (SecretWorkloads(), "restart the workloads that read the Secret invoice-bot."),
        (SecretWorkloads(certain=True), "of namespace finance reads the Secret invoice-bot. Restart what else does."),
    ],
)
async def test_in_place_of_another_token_it_is_told_who_restarts_and_when_that_one_ends(
    readers: SecretWorkloads, told: str
) -> None:
    opened = await signed_in()
    opened.neighbors.secrets[OWN], opened.neighbors.readers = OURS, readers

    shown = await opened.browser.submit(await asked(opened), "own-secret")

    notice = shown.document.by_id["notice"]
    assert "is in Secret invoice-bot, under token in place of ci-0." in notice
    assert "The token ci-0, which the Secret held before, ends at " in notice
    assert told in notice
    assert notice.endswith("End ci-0 earlier.")


async def test_the_secret_of_anybody_else_is_not_overwritten_and_the_token_waits() -> None:
    opened = await signed_in()
    opened.neighbors.secrets[OWN] = replace(OURS, mark=None)

    shown = await opened.browser.submit(await asked(opened), "own-secret")

    assert shown.status == 409
    assert 'A Secret "invoice-bot" already exists' in shown.document.text
    assert "Choose another name." in shown.document.text
    assert (opened.neighbors.texts, ONE_TIME in opened.objects.secrets) == ({}, True)


async def test_under_another_key_the_right_one_is_named() -> None:
    opened = await signed_in()
    opened.neighbors.secrets[OWN] = OURS

    shown = await opened.browser.submit(await asked(opened), "own-secret", ("key", "other"))

    assert "Choose the key token, or another Secret." in shown.document.text


@pytest.mark.parametrize(("field", "text"), [("secret", "../x"), ("secret", "A"), ("key", "a/b"), ("key", "..")])
async def test_what_cannot_be_a_name_is_refused_at_its_field(field: str, text: str) -> None:
    opened = await signed_in()

    shown = await opened.browser.submit(await asked(opened), "own-secret", (field, text))

    assert (shown.status, f"{field}-error" in shown.document.by_id) == (422, True)
    assert opened.neighbors.texts == {}


async def test_a_token_without_a_secret_has_nothing_to_store() -> None:
    opened = await signed_in()
    form = await asked(opened)
    await opened.browser.submit(form, "own-secret")

    again = await opened.browser.submit(form, "own-secret", ("secret", "second"))

    assert again.status == 409
    assert "was already collected" in again.document.text
    assert opened.neighbors.texts == {OWN: TEXT}


async def test_without_an_operator_it_is_told_after_a_while() -> None:
    opened = await signed_in()
    opened.objects.operator = False

    shown = await opened.browser.submit(await asked(opened), "own-secret")

    assert "is not minted yet" in shown.document.text
    assert f"{BASE}{TOKEN}" in shown.document.links


async def test_what_breaks_off_after_it_was_stored_says_so() -> None:
    opened = await signed_in()
    form = await asked(opened)
    opened.objects.failing["delete Secret"] = UnavailableError("silence")

    shown = await opened.browser.submit(form, "own-secret")

    assert opened.neighbors.texts == {OWN: TEXT}
    assert "its one-time Secret invoice-bot-e4f5a-token may still exist" in shown.document.text


async def test_finalizers_that_hold_the_one_time_secret_are_told() -> None:
    opened = await signed_in()
    form = await asked(opened)
    opened.objects.finalizers = ("example.com/hold",)

    shown = await opened.browser.submit(form, "own-secret")

    assert (
        "invoice-bot-e4f5a-token still stands: the finalizer example.com/hold holds it."
        in shown.document.by_id["notice"]
    )


@pytest.mark.parametrize(("forbidden", "offered"), [(set[str](), True), ({"create secrets"}, False)])
async def test_it_is_offered_to_who_may(forbidden: set[str], *, offered: bool) -> None:
    opened = await signed_in()
    opened.objects.forbidden |= forbidden

    form = await opened.browser.get(NEW)
    shown = await opened.browser.submit(form, "token-form")

    assert ("save-to-secret" in form.document.by_id) is offered
    assert ("store-secret" in shown.document.by_id) is offered
    assert (f"{BASE}{TOKEN}/store" in shown.document.links) is offered


async def test_a_rotation_goes_on_once_the_secret_is_stored() -> None:
    opened = await signed_in()
    chosen = await opened.browser.submit(
        await opened.browser.get("/namespaces/finance/tokens/ci-0/rotate"), "rotation-form"
    )
    shown = await opened.browser.submit(chosen, "confirmation")
    await opened.objects.sleep(1)
    opened.neighbors.secrets[OWN] = OURS

    store = opened.browser.at.removeprefix(BASE).partition("?")[0]
    told = await opened.browser.submit(await opened.browser.get(f"{store}/store"), "own-secret")

    assert shown.status == 200
    assert "The old token ci-0 ends at " in told.document.by_id["notice"]
    assert "End ci-0 earlier" not in told.document.by_id["notice"]


async def test_that_it_was_shown_here_before_is_said() -> None:
    opened = await signed_in()
    await asked(opened)
    await opened.browser.fetch(f"{TOKEN}/secret")

    shown = await opened.browser.get(f"{TOKEN}/store")

    assert "It was shown in this browser before, at 12:00 UTC." in shown.document.by_id["explained"]


async def test_a_token_that_was_made_elsewhere_stays_somebody_else_s_when_storing_fails() -> None:
    opened = await signed_in()
    form = await asked(opened)
    (session,) = opened.console.sessions._open.values()
    session.awaited.clear()
    opened.objects.failing["delete Secret"] = UnavailableError("silence")

    await opened.browser.submit(form, "own-secret")

    assert session.awaited == {}
