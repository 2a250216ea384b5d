"""The steps of the story that ServiceAccounts need, where the verifier takes their tokens."""

from __future__ import annotations

import http.client
import itertools
from typing import TYPE_CHECKING

from pharia_access.domain.holders import audience_of

if TYPE_CHECKING:
    from tests.support.security.story_steps import Came, Checked

__all__ = ["holder_accepted", "holder_noted"]

_NUMBERS = itertools.count(1)
_CHECK = "/auth/forward"


def holder_accepted(it: Checked) -> Came:
    """A ServiceAccount that holds a credential is let in."""
    text = _token_of(it, _fresh_holder(it))
    return lambda: it.verifier.ask(_CHECK, text).status == http.client.OK


def holder_noted(it: Checked) -> Came:
    """Its credential tells when it was last used."""
    name = _fresh_holder(it)
    text = _token_of(it, name)

    def came() -> bool:
        it.verifier.ask(_CHECK, text)
        return name in it.place.known("ApiCredential", name).get("status", {}).get("lastUsedTimes", {})

    return came


def _fresh_holder(it: Checked) -> str:
    """A credential and a ServiceAccount of one name."""
    name = f"holder-{next(_NUMBERS)}"
    account = {"kind": "ServiceAccount", "metadata": {"namespace": it.place.namespace, "name": name}}
    assert it.place.api.create(account).ok
    it.place.credential(name, serviceAccounts=[{"name": name}])
    return name


def _token_of(it: Checked, name: str) -> str:
    path = f"/api/v1/namespaces/{it.place.namespace}/serviceaccounts/{name}/token"
    asked = {"spec": {"audiences": [audience_of(name)], "expirationSeconds": 600}}
    reply = it.place.api.request("POST", path, body=asked)
    assert reply.ok, reply.message
    return str(reply.body["status"]["token"])
