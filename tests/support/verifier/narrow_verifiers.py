"""Verifiers with rights in three watched namespaces and nowhere else."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.support.operators.constant_checks import GOOD
from tools.control_plane.narrow_rights import NarrowRights
from tools.control_plane.verifiers import RunningVerifier, start_verifier, write_keyring
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from tools.control_plane.plane import ControlPlane

__all__ = ["VIEW_SECONDS", "NarrowVerifiers", "fill"]
VIEW_SECONDS: Final = 10
_NUMBERS = itertools.count(1)


@dataclass
class NarrowVerifiers:
    """Three watched namespaces with a token in each, and verifiers with rights in just these."""

    control_plane: ControlPlane
    root: Path
    places: dict[str, Workspace]
    rights: NarrowRights
    texts: dict[str, str]

    def verifier(self, *, server: str | None = None, contact: str = "10s") -> RunningVerifier:
        root = self.root / f"verifier-{next(_NUMBERS)}"
        root.mkdir()
        write_keyring(self.control_plane, root / "keyring")
        settings = {
            "WATCH_NAMESPACES": ",".join(place.namespace for place in self.places.values()),
            "VIEW_BOUND": f"{VIEW_SECONDS}s",
            "WATCH_TIMEOUT": "5s",
            "CONTACT_BOUND": contact,
        }
        return start_verifier(
            self.control_plane,
            root,
            {f"PHARIA_ACCESS_{name}": value for name, value in settings.items()},
            kubeconfig=self.rights.kubeconfig("verifier", root / "kubeconfig", server=server),
        )

    def others(self) -> dict[str, int]:
        return {self.texts[name]: GOOD for name in ("finance", "research")}


def fill(place: Workspace) -> None:
    assert place.api.create({"kind": "Namespace", "metadata": {"name": place.namespace}}).ok
    place.role()
    place.credential()
    place.issued(ttl="1h")
