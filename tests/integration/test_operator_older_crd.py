"""The CRD of ApiToken from before keys had fingerprints: between two steps of an upgrade, or after a roll-back."""

from __future__ import annotations

from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.workspace import Json, Workspace

pytestmark = pytest.mark.usefixtures("operator")

PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/apitokens.access.pharia.ai"
FIELD = "keyFingerprint"


def fields_of_mac(crd: Json) -> Json:
    (version,) = crd["spec"]["versions"]
    status = version["schema"]["openAPIV3Schema"]["properties"]["status"]
    found: Json = status["properties"]["mac"]["properties"]
    return found


def replace(workspace: Workspace, fields: Json) -> None:
    crd = workspace.api.request("GET", PATH).body
    fields_of_mac(crd).clear()
    fields_of_mac(crd).update(fields)
    assert workspace.api.request("PUT", PATH, body=crd).ok


@contextmanager
def an_older_crd(workspace: Workspace) -> Iterator[None]:
    """Until the end the API server does not know the field; waits until it does not."""
    now = deepcopy(fields_of_mac(workspace.api.request("GET", PATH).body))
    replace(workspace, {name: value for name, value in now.items() if name != FIELD})
    try:
        yield
    finally:
        replace(workspace, now)


def mac(token: Json) -> Json:
    found: Json = token["status"]["mac"]
    return found


def test_a_crd_that_does_not_know_the_fingerprint_stops_no_mint(workspace: Workspace) -> None:
    workspace.credential()
    before = workspace.issued("before", ttl="1h")
    workspace.issued("untouched", ttl="1h")
    assert len(mac(before)[FIELD]) == 16

    with an_older_crd(workspace):
        # The API server takes a moment to serve what it was given.
        wait_until(lambda: FIELD not in mac(workspace.known("ApiToken", "before")), what="the older CRD", timeout=30)
        during = workspace.issued("during", ttl="1h")
        workspace.revoke("before")
        workspace.until_outcome("before", "Revoked", "Revoked")
    wait_until(lambda: FIELD in mac(workspace.known("ApiToken", "untouched")), what="the newer CRD", timeout=30)
    after = workspace.issued("after", ttl="1h")

    assert mac(after)[FIELD] == mac(before)[FIELD]
    assert FIELD not in mac(during)
    assert mac(during)["keyID"] == mac(before)["keyID"]
