"""Somebody's Secrets, with a bait in them, for whoever wants to see what is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Self

from tests.support.security.bodies import ENTRY
from tests.support.security.leaks import Bait
from tools.control_plane.resources import KEYRING, secret

if TYPE_CHECKING:
    from tools.control_plane.api import Api

__all__ = ["COPIED_KEYRING", "FOREIGN", "LEAVING", "House"]

Json = dict[str, Any]

FOREIGN: Final = "db"
"""An ordinary Secret."""
COPIED_KEYRING: Final = "copied-keyring"
"""Of our type, and not ours."""
LEAVING: Final = "leaving"
"""Being deleted: somebody's finalizer holds it."""


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
        return house

    def put(self, name: str, *, namespace: str = "", kind: str = "Opaque", **metadata: object) -> Json:
        """A Secret of somebody else, with the bait wherever it may be."""
        text = self.bait.text
        obj = secret(namespace or self.namespace, name, value=text, kind=kind)
        obj["data"][ENTRY] = obj["data"]["value"]
        obj["metadata"] |= {"annotations": {ENTRY: text}, "labels": {ENTRY: text}, **metadata}
        reply = self.admin.create(obj)
        assert reply.ok or reply.status == HTTPStatus.CONFLICT, reply.message
        return obj
