"""The CRD of ApiToken from before some fields of its status: between two steps of an upgrade, or after a roll-back.

A status that is written meanwhile loses these fields, and gets them again with the next list. So which CRD is served, a
dry run tells, and no token.
"""

from __future__ import annotations

from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from tools.control_plane.processes import wait_until
from tools.control_plane.resources import api_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.control_plane.workspace import Json, Workspace

pytestmark = pytest.mark.usefixtures("operator")

PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/apitokens.access.pharia.ai"
FINGERPRINT, END = "keyFingerprint", "endsAt"


def fields_of_status(crd: Json) -> Json:
    (version,) = crd["spec"]["versions"]
    found: Json = version["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
    return found


def replace(workspace: Workspace, fields: Json) -> None:
    crd = workspace.api.request("GET", PATH).body
    fields_of_status(crd).clear()
    fields_of_status(crd).update(fields)
    assert workspace.api.request("PUT", PATH, body=crd).ok


@contextmanager
def an_older_crd(workspace: Workspace, *unknown: str) -> Iterator[None]:
    """Until the end the API server does not know these fields."""
    now = fields_of_status(workspace.api.request("GET", PATH).body)
    older = deepcopy(now)
    for fields in (older, older["mac"]["properties"]):
        for name in {*unknown} & fields.keys():
            del fields[name]
    replace(workspace, older)
    try:
        yield
    finally:
        replace(workspace, now)


def is_served(workspace: Workspace, *unknown: str) -> bool:
    """Whether the API server serves the CRD that lacks exactly these fields; it takes a moment after a change."""
    later = {"mac": {FINGERPRINT: "0" * 32}, END: "2030-01-01T00:00:00Z"}
    reply = workspace.api.create(
        {**api_token(workspace.namespace, "dry-run"), "status": later}, dryRun="All", fieldValidation="Strict"
    )
    fields = {FINGERPRINT: f'"status.mac.{FINGERPRINT}"', END: f'"status.{END}"'}
    return {name for name, path in fields.items() if f"unknown field {path}" in reply.message} == {*unknown}


def later_fields(workspace: Workspace, name: str) -> dict[str, str]:
    """What a token has of them."""
    status = workspace.known("ApiToken", name)["status"]
    found = {FINGERPRINT: status["mac"].get(FINGERPRINT), END: status.get(END)}
    return {field: value for field, value in found.items() if value is not None}


@pytest.mark.parametrize("unknown", [(FINGERPRINT,), (END,), (FINGERPRINT, END)], ids="+".join)
def test_a_crd_that_does_not_know_a_field_stops_no_mint_and_no_revocation(
    workspace: Workspace, unknown: tuple[str, ...]
) -> None:
    workspace.credential()
    workspace.issued("before", ttl="1h")
    known = later_fields(workspace, "before")
    assert known.keys() == {FINGERPRINT, END}

    with an_older_crd(workspace, *unknown):
        wait_until(lambda: is_served(workspace, *unknown), what="the older CRD", timeout=30)
        workspace.issued("during", ttl="1h")
        during = later_fields(workspace, "during")
        workspace.revoke("before")
        workspace.until_outcome("before", "Revoked", "Revoked")
    wait_until(lambda: is_served(workspace), what="the newer CRD", timeout=30)
    workspace.issued("after", ttl="1h")

    assert during.keys() == known.keys() - {*unknown}
    assert later_fields(workspace, "after")[FINGERPRINT] == known[FINGERPRINT]
