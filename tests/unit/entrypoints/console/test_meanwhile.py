"""An open form hears what happened to its object, by a sentence; forms without an object hear nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pharia_access.services.administration.live import LiveViews
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.played_follower import PlayedClock, PlayedFollower
from tests.support.administration.stored_workloads import KEPT
from tests.support.console.browser import BASE
from tests.support.console.consoles import Opened, signed_in
from tests.unit.entrypoints.console.test_workload_screens import APP, a_kept_cluster

if TYPE_CHECKING:
    from tests.support.console.browser import Received

CREDENTIAL, TOKEN = "/namespaces/finance/credentials/invoice-bot", "/namespaces/finance/tokens/ci-0"
ABOUT_CREDENTIAL = [f"{CREDENTIAL}/{act}" for act in ("roles", "suspend", "delete", "new-token")]
ABOUT_TOKEN = [f"{TOKEN}/{act}" for act in ("rotate", "end", "revoke", "delete", "store")]
SPEAKS_OF_TOKENS = [form for form in ABOUT_CREDENTIAL if not form.endswith("new-token")]


async def opened() -> Opened:
    follower = PlayedFollower()
    return await signed_in(a_cluster(), views=lambda: LiveViews(follower, PlayedClock()))


async def told(console: Opened, form: Received) -> str:
    """What the script is told for that form."""
    address = form.document.attributes["meanwhile"]["data-meanwhile"]
    answer = await console.browser.fetch(address.removeprefix(BASE))
    assert answer.status == 200
    why: str = answer.json["why"]
    return why


def change(console: Opened, kind: str, name: str, **spec: Any) -> None:  # noqa: ANN401 - a field each
    """Change it as somebody with kubectl would."""
    body = console.objects.body(kind, name)
    managed = [{"manager": "kubectl-edit", "operation": "Update", "time": "2026-12-01T14:03:00Z"}]
    console.objects.put(
        {**body, "spec": {**body["spec"], **spec}, "metadata": body["metadata"] | {"managedFields": managed}}
    )


@pytest.mark.parametrize("form", [*ABOUT_CREDENTIAL, *ABOUT_TOKEN])
async def test_a_form_names_what_tells_it_and_nothing_is_told_while_nothing_happens(form: str) -> None:
    console = await opened()
    shown = await console.browser.get(form)

    assert shown.document.by_id["meanwhile"] == ""
    assert shown.document.attributes["main"]["data-live"].endswith("?about=invoice-bot&of=credentials,tokens")
    assert await told(console, shown) == ""


@pytest.mark.parametrize("form", ABOUT_CREDENTIAL)
async def test_a_credential_that_is_changed_is_told_with_program_and_time(form: str) -> None:
    console = await opened()
    shown = await console.browser.get(form)

    change(console, "ApiCredential", "invoice-bot", roles=["studio-user", "os-user"], suspended=True)

    assert await told(console, shown) == (
        "Credential invoice-bot was changed at 1 December 2026, 14:03 UTC (by kubectl-edit): "
        "its roles are studio-user, os-user, and it is suspended."
    )


@pytest.mark.parametrize("form", ABOUT_TOKEN)
async def test_a_token_that_is_changed_is_told_with_program_and_time(form: str) -> None:
    console = await opened()
    shown = await console.browser.get(form)

    change(console, "ApiToken", "ci-0", revoked=True)

    assert await told(console, shown) == (
        "Token ci-0 was changed at 1 December 2026, 14:03 UTC (by kubectl-edit): it is revoked."
    )


@pytest.mark.parametrize("form", [*ABOUT_CREDENTIAL, *ABOUT_TOKEN])
async def test_what_is_deleted_is_told(form: str) -> None:
    console = await opened()
    shown = await console.browser.get(form)
    what, place = ("Credential invoice-bot", "ApiCredential") if "credentials" in form else ("Token ci-0", "ApiToken")

    del console.objects.bodies[place, "finance", what.split()[1]]

    assert (await told(console, shown)).startswith(f"{what} was deleted. This was seen at ")


@pytest.mark.parametrize("form", SPEAKS_OF_TOKENS)
async def test_tokens_that_come_or_end_are_told_on_forms_that_name_them(form: str) -> None:
    console = await opened()
    shown = await console.browser.get(form)

    change(console, "ApiToken", "ci-0", revoked=True)

    assert await told(console, shown) == "The tokens of invoice-bot changed: it has 0 active tokens now."


@pytest.mark.parametrize("form", [*ABOUT_CREDENTIAL, *ABOUT_TOKEN])
async def test_a_status_that_the_operator_writes_is_no_change(form: str) -> None:
    console = await opened()
    shown = await console.browser.get(form)

    console.objects.body("ApiToken", "ci-0")["status"]["lastUsedTime"] = "2026-12-01T14:03:00Z"
    console.objects.body("ApiCredential", "invoice-bot")["status"] = {"tokens": {"active": 7}}

    assert await told(console, shown) == ""


@pytest.mark.parametrize("form", [ABOUT_CREDENTIAL[0], ABOUT_TOKEN[0]])
async def test_a_right_that_is_lost_is_told(form: str) -> None:
    console = await opened()
    shown = await console.browser.get(form)

    console.objects.forbidden = {"get ApiCredential", "get ApiToken"}

    assert "The API server refused the request" in await told(console, shown)


async def test_a_question_after_a_form_hears_of_the_same_object() -> None:
    console = await opened()
    form = await console.browser.get(f"{TOKEN}/end")

    asked = await console.browser.submit(form, "end-form", ("life", "1h"))
    change(console, "ApiToken", "ci-0", revoked=True)

    assert "it is revoked" in await told(console, asked)


@pytest.mark.parametrize("act", ["rotate", "suspend", "delete"])
async def test_a_workload_token_that_is_changed_or_deleted_is_told(act: str) -> None:
    follower = PlayedFollower()
    console = await signed_in(a_kept_cluster(), views=lambda: LiveViews(follower, PlayedClock()))
    shown = await console.browser.get(f"{APP}/{act}")

    quiet = await told(console, shown)
    change(console, "WorkloadToken", KEPT, suspended=True)
    changed = await told(console, shown)
    del console.objects.bodies["WorkloadToken", "finance", KEPT]
    deleted = await told(console, shown)

    assert quiet == ""
    assert changed == (
        f"Workload token {KEPT} was changed at 1 December 2026, 14:03 UTC (by kubectl-edit). It is suspended."
    )
    assert deleted.startswith(f"Workload token {KEPT} was deleted.")


async def test_a_form_for_something_new_hears_nothing() -> None:
    console = await opened()

    shown = await console.browser.get("/namespaces/finance/new-credential")

    assert "meanwhile" not in shown.document.by_id
    assert "data-live" not in shown.document.attributes["main"]


async def test_only_our_script_is_told() -> None:
    console = await opened()

    answer = await console.browser.post(f"{CREDENTIAL}/meanwhile", {})

    assert answer.status == 403
