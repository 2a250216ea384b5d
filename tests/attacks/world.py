"""Where attacks take place: an operator, a verifier, and one behind TLS that knows some namespaces only.

Each sequence of moves has a furnished namespace for itself (tests/attacks/places.py); the processes are shared.
"""

from __future__ import annotations

import itertools
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.attacks.people import BINDABLE, BOSS, ELSEWHERE, READER
from tests.attacks.places import Place, furnished, grant_to_all
from tests.attacks.reviews import Certificates, review_settings
from tests.support.api import Api
from tests.support.operators import RunningOperator, start_operator
from tests.support.processes import free_port
from tests.support.verifiers import RunningVerifier, start_verifier, write_keyring
from tests.support.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.support.control_plane import ControlPlane

__all__ = ["WINDOW_SECONDS", "World", "opened"]

WINDOW_SECONDS: Final = 6
"""The delivery window of a token that names none."""
_OPERATOR: Final = {
    "PHARIA_ACCESS_DEFAULT_WINDOW": f"{WINDOW_SECONDS}s",
    "PHARIA_ACCESS_PROBE_FIRST": "1s",
    "PHARIA_ACCESS_PROBE_MAX": "2s",
    "PHARIA_ACCESS_PROBE_BUDGET_PER_SECOND": "50",
    "PHARIA_ACCESS_IDENTITY": "the-only-one",
}
_NUMBERS = itertools.count(1)
ROLES: Final[dict[str, dict[str, object]]] = {
    READER: {},
    BOSS: {"permissions": [{"permission": "AccessKubernetes"}, {"permission": "IntrospectTokens"}]},
    BINDABLE: {},
    ELSEWHERE: {"allowedNamespaces": ["nowhere"]},
}


@dataclass(slots=True)
class World:
    """The processes, and places to attack.

    Attributes:
        beside: a namespace that nobody attacks; what happens in it shows who is held up.
        certificates: of the TLS ports, and of an API server.
    """

    control_plane: ControlPlane
    root: Path
    admin: Api
    stack: ExitStack
    certificates: Certificates
    operator: RunningOperator = field(init=False)
    verifier: RunningVerifier = field(init=False)
    review_port: int = 0
    beside: str = ""
    _places: list[Place] = field(default_factory=list)

    def place(self) -> Place:
        """A fresh one."""
        if not self._places:
            self.furnish(1)
        return self._places.pop()

    def furnish(self, count: int) -> None:
        """Have so many ready: cheaper than one after the other."""
        self._places += furnished(self.admin, count)

    @staticmethod
    def number() -> int:
        """One that nothing has yet."""
        return next(_NUMBERS)

    def workspace(self, namespace: str) -> Workspace:
        """A namespace as its administrator sees it."""
        return Workspace(self.admin, namespace)

    @contextmanager
    def other_operator(self, program: Sequence[str | Path]) -> Iterator[RunningOperator]:
        """Another one in place of ours; ours is back afterwards."""
        self.operator.process.stop()
        try:
            self.operator = self.start_operator(program=program)
            yield self.operator
        finally:
            self.operator.process.stop()
            self.operator = self.start_operator()

    def start_operator(self, **options: Sequence[str | Path]) -> RunningOperator:
        """Start one, ready on return."""
        started = start_operator(self.control_plane, self.root / f"operator-{next(_NUMBERS)}", _OPERATOR, **options)  # type: ignore[arg-type]
        self.stack.callback(started.process.stop)
        started.wait_until_ready(timeout=60)
        return started

    def start_verifier(self, env: Mapping[str, str] | None = None, **options: Sequence[str | Path]) -> RunningVerifier:
        """Start one with the keyring; who has no TLS is ready on return."""
        root = self.root / f"verifier-{next(_NUMBERS)}"
        root.mkdir()
        write_keyring(self.control_plane, root / "keyring")
        settings = {f"PHARIA_ACCESS_{name}": value for name, value in (env or {}).items()}
        started = start_verifier(self.control_plane, root, settings, **options)  # type: ignore[arg-type]
        self.stack.callback(started.process.stop)
        started.wait_until_ready(timeout=60)
        return started


@contextmanager
def opened(control_plane: ControlPlane, root: Path) -> Iterator[World]:
    """The world; nobody else runs an operator on that control plane meanwhile."""
    with ExitStack() as stack:
        admin = Api(control_plane.kubeconfig)
        world = World(control_plane, root, admin, stack, Certificates.made(root))
        grant_to_all(admin)
        for role, spec in ROLES.items():
            Workspace(admin, "default").role(role, **spec)
        world.operator = world.start_operator()
        world.review_port = free_port()
        world.verifier = world.start_verifier(review_settings(world.certificates, world.review_port))
        world.beside = _beside(world)
        yield world


def _beside(world: World) -> str:
    name = f"beside-{world.root.name[-8:]}".replace("_", "-").lower()
    assert world.admin.create({"kind": "Namespace", "metadata": {"name": name}}).ok
    Workspace(world.admin, name).credential("quiet", roles=[READER])
    return name
