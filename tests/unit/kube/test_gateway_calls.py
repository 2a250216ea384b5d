"""Each method of the Cluster port: what it sends, and what it makes of the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.api_values import InvalidObject
from pharia_access.domain.deletions import GONE, NOT_THERE, Deletion, Held
from pharia_access.domain.model import CredentialStatus, TokenCounts, TokenStatus
from pharia_access.domain.reasons import Phase
from pharia_access.errors import (
    ConflictError,
    ForbiddenError,
    UnavailableError,
)
from pharia_access.kube.client import MERGE_PATCH
from pharia_access.kube.deletion import what_holds
from pharia_access.kube.gateway import KubeCluster
from pharia_access.kube.schema import invalid_object
from tests.support.builders.domain_objects import CREDENTIAL, NOW, TOKEN, WINDOW, a_credential, a_token, owned_by
from tests.support.builders.stored_objects import stored_credential, stored_role, stored_token, with_field
from tests.support.fakes.exchanges import asked, body, line, status
from tests.support.fakes.hostile_api import reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

TOKENS = "/apis/access.pharia.ai/v1alpha1/namespaces/finance/apitokens"
CREDENTIALS = "/apis/access.pharia.ai/v1alpha1/namespaces/finance/apicredentials"
AS_READ = {"uid": "token-1", "resourceVersion": "7"}
TOKEN_7 = a_token(resource_version="7")
CREDENTIAL_7 = a_credential(resource_version="7")
BROKEN = with_field(stored_token(), "spec.ttl", "banana")


async def test_a_token_is_read_live(tmp_path: Path) -> None:
    token, requests = await asked(tmp_path, lambda c: c.read_token(TOKEN), reply(200, stored_token()))

    assert (token.key, token.uid, token.spec.window) == (TOKEN, "token-1", WINDOW)
    assert [line(request) for request in requests] == [("GET", f"{TOKENS}/ci")]


async def test_a_credential_is_read_live(tmp_path: Path) -> None:
    read, requests = await asked(tmp_path, lambda c: c.read_credential(CREDENTIAL), reply(200, stored_credential()))

    assert (read.key, read.roles) == (CREDENTIAL, ("studio-user",))
    assert [line(request) for request in requests] == [("GET", f"{CREDENTIALS}/invoice-bot")]


@pytest.mark.parametrize(
    ("act", "answer", "path", "patch"),
    [
        pytest.param(
            lambda c: c.write_token_status(TOKEN_7, TokenStatus(observed_generation=1, phase=Phase.PENDING)),
            stored_token(),
            f"{TOKENS}/ci/status",
            {"metadata": AS_READ, "status": {"observedGeneration": 1, "phase": "Pending", "hash": None}},
            id="a token's status",
        ),
        pytest.param(
            lambda c: c.write_credential_status(CREDENTIAL_7, CredentialStatus(1, (), TokenCounts(active=3))),
            stored_credential(),
            f"{CREDENTIALS}/invoice-bot/status",
            {"metadata": {**AS_READ, "uid": "credential-1"}, "status": {"observedGeneration": 1}},
            id="a credential's status",
        ),
        pytest.param(
            lambda c: c.set_owners(TOKEN_7, (owned_by(CREDENTIAL_7.identity),)),
            stored_token(),
            f"{TOKENS}/ci",
            {"metadata": AS_READ},
            id="a token's owners",
        ),
    ],
)
async def test_a_write_names_what_was_read_so_that_nothing_newer_is_overwritten(
    tmp_path: Path,
    act: Callable[[KubeCluster], Awaitable[object]],
    answer: dict[str, object],
    path: str,
    patch: dict[str, dict[str, object]],
) -> None:
    written, requests = await asked(tmp_path, act, reply(200, with_field(answer, "metadata.resourceVersion", "8")))

    assert getattr(written, "resource_version", None) == "8"
    assert [line(request) for request in requests] == [("PATCH", path)]
    assert requests[0].headers["content-type"] == MERGE_PATCH
    for part, fields in patch.items():
        assert fields.items() <= body(requests[0])[part].items()


async def test_what_changed_meanwhile_is_a_conflict(tmp_path: Path) -> None:
    with pytest.raises(ConflictError):
        await asked(tmp_path, lambda c: c.set_owners(TOKEN_7, ()), status(409, "Conflict"))


def standing(*finalizers: str) -> dict[str, object]:
    """An object that is deleted and still stands."""
    metadata = {"name": "ci", "deletionTimestamp": "2026-11-29T12:00:00Z", "finalizers": list(finalizers)}
    return {"kind": "ApiToken", "metadata": metadata}


def held(*finalizers: str) -> Deletion:
    """What that means."""
    return Deletion(found=True, held=Held(finalizers))


@pytest.mark.parametrize(
    ("answer", "deletion"),
    [
        pytest.param(status(200, ""), GONE, id="the one that was meant"),
        pytest.param(status(404, "NotFound"), NOT_THERE, id="one that is gone"),
        pytest.param(status(409, "Conflict"), NOT_THERE, id="another of its name"),
        pytest.param(reply(200, standing("x.example/hold")), held("x.example/hold"), id="one that is held"),
        pytest.param(reply(202, standing("x.example/hold")), held("x.example/hold"), id="one that is to be deleted"),
        pytest.param(reply(200, standing()), held(), id="one that stands, and nobody says why"),
    ],
)
async def test_only_that_very_token_is_deleted(tmp_path: Path, answer: bytes, deletion: Deletion) -> None:
    done, requests = await asked(tmp_path, lambda c: c.delete_token(TOKEN, "token-1"), answer)

    assert done == deletion
    assert line(requests[0]) == ("DELETE", f"{TOKENS}/ci")
    assert body(requests[0])["preconditions"] == {"uid": "token-1"}


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"no JSON",
        b"[]",
        b"{}",
        b'{"kind": 7}',
        b'{"kind": "Secret", "metadata": "x"}',
        b'{"kind": "Secret", "metadata": {"finalizers": "pharia_x"}}',
        b'{"kind": "Sec',
    ],
)
def test_what_is_no_answer_to_a_deletion_is_asked_again_and_quoted_nowhere(answer: bytes) -> None:
    with pytest.raises(UnavailableError, match=r"^the answer to a deletion cannot be understood$") as raised:
        what_holds(answer)

    assert (raised.value.__cause__, raised.value.__context__) == (None, None)


async def test_a_token_that_may_not_be_deleted_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ForbiddenError):
        await asked(tmp_path, lambda c: c.delete_token(TOKEN, "token-1"), status(403, "Forbidden"))


async def test_the_tokens_of_a_credential_are_selected_by_the_server_page_by_page(tmp_path: Path) -> None:
    pages = [
        reply(200, {"metadata": {"resourceVersion": "9", "continue": "more"}, "items": [stored_token()] * 2}),
        reply(200, {"metadata": {"resourceVersion": "9"}, "items": [stored_token()]}),
    ]

    async def listed(cluster: KubeCluster) -> list[int]:
        return [len(page.items) async for page in cluster.token_pages(credential=CREDENTIAL)]

    sizes, requests = await asked(tmp_path, listed, *pages)

    assert sizes == [2, 1]
    assert [line(request) for request in requests] == [("GET", TOKENS)] * 2
    selector = {"fieldSelector": ["spec.credentialRef.name=invoice-bot"]}
    assert [request.query for request in requests] == [selector, {**selector, "continue": ["more"]}]


async def test_roles_are_listed_for_the_whole_cluster(tmp_path: Path) -> None:
    async def listed(cluster: KubeCluster) -> list[str]:
        return [role.name async for page in cluster.role_pages() for role in page.items]

    answer = reply(200, {"metadata": {"resourceVersion": "9"}, "items": [stored_role()]})
    names, requests = await asked(tmp_path, listed, answer)

    assert names == ["studio-user"]
    assert line(requests[0]) == ("GET", "/apis/access.pharia.ai/v1alpha1/apiroles")


def found(kind: str = "ApiToken", version: str = "7") -> InvalidObject:
    return replace(invalid_object("ApiToken", BROKEN, "spec.ttl: no"), kind=kind, resource_version=version)  # type: ignore[arg-type] # of the closed set


async def test_a_malformed_object_is_told_so_and_only_once(tmp_path: Path) -> None:
    async def tell(cluster: KubeCluster) -> None:
        await cluster.write_invalid_status(found(), now=NOW)

    _, requests = await asked(tmp_path, tell, reply(200, BROKEN), reply(200, {}))
    patch = body(requests[1])
    told = with_field(BROKEN, "status", patch["status"])
    _, again = await asked(tmp_path, tell, reply(200, told))

    assert [line(request) for request in requests] == [("GET", f"{TOKENS}/ci"), ("PATCH", f"{TOKENS}/ci/status")]
    assert patch["metadata"] == AS_READ
    assert {entry["type"]: entry["status"] for entry in patch["status"]["conditions"]} == {
        "Ready": "False",
        "Stalled": "True",
    }
    assert [line(request) for request in again] == [("GET", f"{TOKENS}/ci")]


async def test_an_object_that_changed_since_it_was_found_malformed_is_told_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="changed since"):
        await asked(tmp_path, lambda c: c.write_invalid_status(found(version="6"), now=NOW), reply(200, BROKEN))


async def test_a_role_has_no_status_to_tell_on(tmp_path: Path) -> None:
    _, requests = await asked(tmp_path, lambda c: c.write_invalid_status(found("ApiRole"), now=NOW))

    assert requests == []
