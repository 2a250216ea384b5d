"""Every address, when what it names is not there, cannot be there, or may not be seen: its status and its sentence."""

from __future__ import annotations

import pytest

from pharia_access.entrypoints.console.screens import TABLE
from pharia_access.errors import ForbiddenError, UnavailableError
from tests.support.administration.credential_cluster import a_cluster
from tests.support.administration.fake_objects import FakeObjects
from tests.support.console.browser import BASE
from tests.support.console.consoles import Opened, signed_in

SHOWN = [path for path, show, _ in TABLE if show is not None]
NEW_TOKEN = "/namespaces/finance/credentials/invoice-bot/new-token"
OF_AN_OBJECT = [path for path in SHOWN if "{name}" in path]
IN_A_NAMESPACE = [path for path in SHOWN if "{namespace}" in path]
ASKS_NOBODY = {
    "/tokens/ended",
    "/namespaces/{namespace}/look-up",
    "/namespaces/{namespace}/new-workload-token",
    "/namespaces/{namespace}/who-may",
}
"""Shows what the console knows itself, or asks RBAC, or asks when there is an ID; see below."""
NO_NAMES = ("Finance", "a_b", "-a", "a" * 64, "%2e%2e", "a%20b", "%00")


def at(path: str, *, namespace: str = "finance", name: str = "none") -> str:
    return path.format(namespace=namespace, name=name)


class _Refusing(FakeObjects):
    """Refuses every look as the API server does, once it is told to."""

    refusing = False

    def _judge(self, what: str) -> None:
        if not self.refusing:
            return
        verb, *_, kind = what.split()
        error = ForbiddenError("403")
        error.status = 403
        place = "at the cluster scope" if " all " in what else 'in the namespace "finance"'
        resource = f'"{kind.lower()}s" in API group "access.pharia.ai"'
        error.server_message = f'User "anna" cannot {verb} resource {resource} {place}'
        raise error


async def refused_everything() -> Opened:
    """Somebody who lost all rights."""
    objects = _Refusing(a_cluster().bodies, namespaces=None)
    opened = await signed_in(objects)
    objects.refusing = True
    return opened


def noun(path: str) -> str:
    kinds = ("credential", "role", "token", "workload-token")
    return next(kind for kind in kinds if f"/{kind}s/" in path).replace("-", " ")


@pytest.mark.parametrize("path", OF_AN_OBJECT)
async def test_what_is_not_there_is_404_and_named(path: str) -> None:
    opened = await signed_in(a_cluster())

    shown = await opened.browser.get(at(path))

    assert shown.status == 404
    assert shown.document.by_id["title"] == "This is not there"
    assert f'There is no {noun(path)} "none"' in shown.document.text


@pytest.mark.parametrize("path", OF_AN_OBJECT)
@pytest.mark.parametrize("name", NO_NAMES)
async def test_what_no_object_can_be_named_is_404_and_nothing_is_asked(path: str, name: str) -> None:
    opened = await refused_everything()

    shown = await opened.browser.get(at(path, name=name))

    assert shown.status == 404
    assert "Nothing can have this name: it has lower-case letters and digits" in shown.document.text


@pytest.mark.parametrize("path", IN_A_NAMESPACE)
@pytest.mark.parametrize("namespace", [*NO_NAMES, "a.b"])
async def test_what_no_namespace_can_be_named_is_404_and_nothing_is_asked(path: str, namespace: str) -> None:
    opened = await refused_everything()

    shown = await opened.browser.get(at(path, namespace=namespace))

    assert shown.status == 404
    assert "No namespace can have this name: it has lower-case letters, digits and dashes" in shown.document.text


@pytest.mark.parametrize("path", ["/nothing", "/namespaces/finance", "/namespaces/finance/tokens/ci-0/x", "/tokens/"])
async def test_an_address_of_nothing_is_a_page_for_who_is_signed_in_and_plain_for_others(path: str) -> None:
    opened = await signed_in()

    shown, stranger = await opened.browser.get(path), await opened.another_browser().get(path)

    assert shown.status == stranger.status == 404
    assert "There is no page at this address." in shown.document.text
    assert f"{BASE}/namespaces/finance/credentials" in shown.document.links
    assert stranger.text == "Not Found\n"


@pytest.mark.parametrize("path", [path for path in SHOWN if path not in ASKS_NOBODY])
async def test_who_may_see_nothing_is_told_the_right_that_is_missing_with_the_role_to_ask_for(path: str) -> None:
    opened = await refused_everything()

    shown = await opened.browser.get(at(path, name="invoice-bot"))

    assert shown.status == 403, shown.document.text
    assert "anna may not" in shown.document.text
    assert "This needs the verb" in shown.document.text
    assert "access.pharia.ai: ask an administrator for it." in shown.document.text
    assert "apiVersion: rbac.authorization.k8s.io/v1" in shown.document.by_id["role"]
    assert "There is no" not in shown.document.text
    assert "There are no" not in shown.document.text


async def test_who_may_list_no_tokens_looks_one_up_in_vain_and_is_told_the_right() -> None:
    opened = await refused_everything()

    shown = await opened.browser.get("/namespaces/finance/look-up?id=" + "a" * 16)

    assert shown.status == 403
    assert "This needs the verb list on apitokens.access.pharia.ai" in shown.document.text


async def test_adding_a_namespace_that_may_not_be_seen_says_the_right() -> None:
    opened = await refused_everything()

    for screen in ("overview", "credentials", "tokens", "roles", "audit"):
        shown = await opened.browser.get(f"/go?namespace=sales&screen={screen}")
        assert (shown.status, "This needs the verb" in shown.document.text) == (403, True)
        assert opened.browser.at == f"{BASE}/namespaces/sales/{screen}"


@pytest.mark.parametrize("status", [401, 500, None], ids=["the login ended", "a fault", "silence"])
async def test_what_was_typed_is_kept_where_the_api_server_does_not_serve_it(status: int | None) -> None:
    objects = _Away(a_cluster().bodies)
    opened = await signed_in(objects)
    form = await opened.browser.get(NEW_TOKEN)
    objects.away = UnavailableError("away")
    objects.away.status = status

    failed = await opened.browser.submit(form, "token-form", ("description", "for the <nightly> job"))
    objects.away = None
    again = await opened.browser.submit(failed, f"{BASE}{NEW_TOKEN}")

    assert failed.status >= 500
    assert "It is not known whether the change took effect" in failed.document.text
    assert again.status == 200
    (made,) = [body for place, body in objects.bodies.items() if place[0] == "ApiToken" and place[2] != "ci-0"]
    assert made["spec"]["description"] == "for the <nightly> job"


class _Away(FakeObjects):
    """Serves nobody while it is away."""

    away: UnavailableError | None = None

    def _judge(self, _: str) -> None:
        if self.away is not None:
            raise self.away
