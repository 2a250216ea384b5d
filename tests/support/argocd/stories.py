"""What tests of Argo CD ask of the namespace of the examples, and do in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.control_plane.workspace import outcome

if TYPE_CHECKING:
    from tests.support.argocd.argocd_programs import ArgoCD
    from tools.control_plane.api import Api
    from tools.control_plane.workspace import Json, Workspace

__all__ = ["act", "events", "issued_anew", "leaves", "revoke", "uids"]


def uids(finance: Workspace) -> dict[str, str]:
    """What there is in the namespace of the examples."""
    objects = [*finance.list("ApiCredential"), *finance.list("ApiToken")]
    return {obj["metadata"]["name"]: obj["metadata"]["uid"] for obj in objects}


def events(api: Api, query: dict[str, str]) -> list[Json]:
    found: list[Json] = api.request("GET", "/api/v1/namespaces/finance/events", query=query).body["items"]
    return found


def leaves(finance: Workspace, name: str) -> bool:
    token = finance.read("ApiToken", name)
    return token is None or "deletionTimestamp" in token["metadata"]


def revoke(finance: Workspace, name: str) -> None:
    finance.revoke(name)
    finance.until_outcome(name, "Revoked", "Revoked")


def act(argo_cd: ArgoCD, finance: Workspace, kind: str, name: str, action: str) -> None:
    obj = finance.known(kind, name)
    finance.change(obj, argo_cd.act(obj, action))


def issued_anew(token: Json, old: Json) -> bool:
    return token["metadata"]["uid"] != old["metadata"]["uid"] and outcome(token) == ("Active", "Issued")
