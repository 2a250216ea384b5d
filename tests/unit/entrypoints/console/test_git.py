"""What Git declares: the page shows what to commit, field by field, before anybody insists."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from pharia_access.domain.administration.git_change import GitChange
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.console.manifests import manifest_of
from tests.support.administration.credential_cluster import TRACKED, a_cluster
from tests.support.administration.fake_objects import FakeObjects
from tests.support.console.consoles import signed_in

BOT = "/namespaces/finance/credentials/invoice-bot"
TOKEN = "/namespaces/finance/tokens/ci-0"


def in_git(**spec: Any) -> FakeObjects:  # noqa: ANN401 - a field each
    """A credential and a token that Argo CD declares."""
    objects = a_cluster(git=True, **spec)
    objects.body("ApiToken", "ci-0")["metadata"]["annotations"] = TRACKED
    objects.body("ApiToken", "ci-0")["spec"] |= {"expiresAt": "2027-01-01T00:00:00Z", "revoked": False}
    return objects


def committed(kind: str, name: str, spec: object) -> dict[str, Any]:
    """An object in Git."""
    metadata = {"name": name, "namespace": "finance"}
    return {"apiVersion": "access.pharia.ai/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


async def commit_on(path: str, fields: dict[str, str] | None = None, *, git: FakeObjects | None = None) -> Any:  # noqa: ANN401 - whatever YAML holds
    """What the page at that address says to commit."""
    opened = await signed_in(git or in_git())
    shown = await (opened.browser.get(path) if fields is None else opened.browser.post(path, fields))
    block = shown.text.partition('<pre id="commit"><code>')[2].partition("</code>")[0]
    return yaml.safe_load(block.replace("&#34;", '"'))


async def test_roles_are_shown_as_they_would_be_in_git() -> None:
    opened = await signed_in(in_git())
    form = await opened.browser.get(f"{BOT}/roles")

    refused = await opened.browser.submit(form, "roles-form", ("role", "studio-user"), ("role", "os-user"))

    assert refused.document.by_id["commit"] == (
        "apiVersion: access.pharia.ai/v1alpha1 kind: ApiCredential metadata: name: invoice-bot "
        'namespace: "finance" spec: roles: - studio-user - os-user'
    )
    assert "Commit this to Git:" in refused.document.text


async def test_a_suspension_says_what_keeps_git_from_undoing_it() -> None:
    told = await commit_on(f"{BOT}/suspend", git=in_git(suspended=False))

    assert told == committed("ApiCredential", "invoice-bot", {"suspended": True})


async def test_a_resumption_is_refused_with_what_to_commit() -> None:
    told = await commit_on(f"{BOT}/resume", git=in_git(suspended=True))

    assert told == committed("ApiCredential", "invoice-bot", {"suspended": False})


async def test_a_revocation_is_one_step_and_says_what_to_commit() -> None:
    assert await commit_on(f"{TOKEN}/revoke") == committed("ApiToken", "ci-0", {"revoked": True})


@pytest.mark.parametrize("force", [{}, {"force": "yes"}])
async def test_an_earlier_end_says_what_to_commit(force: dict[str, str]) -> None:
    told = await commit_on(f"{TOKEN}/end", {"life": "24h", **force})

    assert told == committed("ApiToken", "ci-0", {"expiresAt": "2026-11-24T12:00:00Z"})


async def test_an_end_that_git_declares_takes_a_second_step() -> None:
    opened = await signed_in(in_git())
    form = await opened.browser.get(f"{TOKEN}/end")

    refused = await opened.browser.submit(form, "end-form", ("life", "24h"))
    assert refused.document.by_id["title"] == "This is declared in Git"
    asked = await opened.browser.submit(refused, "insist")
    assert "is declared in Git (by Argo CD), which may revert the change." in asked.document.text
    await opened.browser.submit(asked, "confirmation")

    assert opened.objects.body("ApiToken", "ci-0")["spec"]["expiresAt"] == "2026-11-24T12:00:00Z"


@pytest.mark.parametrize(("path", "kind", "name"), [(BOT, "ApiCredential", "invoice-bot"), (TOKEN, "ApiToken", "ci-0")])
async def test_a_deletion_says_what_has_to_go_from_git(path: str, kind: str, name: str) -> None:
    whole = committed(kind, name, None)
    del whole["spec"]

    assert await commit_on(f"{path}/delete") == whole
    assert await commit_on(f"{path}/delete?force=yes") == whole


async def test_what_git_does_not_declare_needs_no_commit() -> None:
    assert await commit_on(f"{BOT}/suspend", git=a_cluster()) is None


@pytest.mark.parametrize(
    "value",
    ["true", "on", "1e3", "2027-01-01", "a: b", "- x", "", 'it\'s "quoted"', "é\u2028", "studio-user", ["no"], [], 7],
)
def test_yaml_reads_every_value_back_as_it_was(value: object) -> None:
    change = GitChange("v1", "ApiToken", ObjectKey("123", "a-b"), {"field": value, "part": {"of": value}})

    assert yaml.safe_load(manifest_of(change)) == {
        "apiVersion": "v1",
        "kind": "ApiToken",
        "metadata": {"name": "a-b", "namespace": "123"},
        "spec": {"field": value, "part": {"of": value}},
    }
