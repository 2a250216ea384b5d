"""Somebody's Secrets, with a bait in them, for whoever wants to see what is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Self

from tests.support.security.bodies import ENTRY
from tests.support.security.leaks import Bait
from tools.control_plane.api import OPERATOR
from tools.control_plane.resources import KEYRING, kept_secret, secret, workload_token

if TYPE_CHECKING:
    from tools.control_plane.api import Api

__all__ = ["COPIED_KEYRING", "FOREIGN", "KEPT", "LEAVING", "House"]

Json = dict[str, Any]

FOREIGN: Final = "db"
"""An ordinary Secret."""
COPIED_KEYRING: Final = "copied-keyring"
"""Of our type, and not ours."""
LEAVING: Final = "leaving"
"""Being deleted: somebody's finalizer holds it."""
KEPT: Final = "kept"
"""A WorkloadToken's."""


@dataclass(frozen=True, slots=True)
class House:
    """A namespace, and the text that nobody may see."""

    admin: Api
    namespace: str
    bait: Bait

    @classmethod
    def furnished(cls, admin: Api, namespace: str) -> Self:
        """With Secrets of each sort in it."""
        house = cls(admin, namespace, Bait())
        house.put(FOREIGN)
        house.put(COPIED_KEYRING, kind=KEYRING)
        house.put(LEAVING, finalizers=["example.com/wait"])
        assert admin.delete(secret(namespace, LEAVING)).ok
        house._keep()
        return house

    def _keep(self) -> None:
        """Have the operator write the bait for a WorkloadToken."""
        workload = self.admin.create(workload_token(self.namespace, "app", secret={"name": KEPT}))
        assert workload.ok, workload.message
        obj = kept_secret(workload.body, 3, name=KEPT, value=self.bait.text)
        obj["data"][ENTRY] = obj["data"]["value"]
        obj["metadata"] |= {"labels": {ENTRY: self.bait.text}}
        reply = self.admin.as_user(OPERATOR).create(obj)
        assert reply.ok, reply.message

    def put(self, name: str, *, namespace: str = "", kind: str = "Opaque", **metadata: object) -> Json:
        """A Secret of somebody else, with the bait wherever it may be."""
        text = self.bait.text
        obj = secret(namespace or self.namespace, name, value=text, kind=kind)
        obj["data"][ENTRY] = obj["data"]["value"]
        obj["metadata"] |= {"annotations": {ENTRY: text}, "labels": {ENTRY: text}, **metadata}
        reply = self.admin.create(obj)
        assert reply.ok or reply.status == HTTPStatus.CONFLICT, reply.message
        return obj
