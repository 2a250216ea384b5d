"""Where attacks take place: an operator, a verifier, and one behind TLS that knows some namespaces only.

Each sequence of moves has a furnished namespace for itself (tests/attacks/furnished_namespaces.py); the processes are
shared.
"""

from __future__ import annotations

import itertools
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.attacks.attackers import BINDABLE, BOSS, ELSEWHERE, READER
from tests.attacks.furnished_namespaces import Place, furnished, grant_to_all
from tests.attacks.reviews import Certificates, review_settings
from tools.control_plane.api import Api
from tools.control_plane.operators import PROGRAM, RunningOperator, start_operator
from tools.control_plane.processes import free_port
from tools.control_plane.verifiers import RunningVerifier, start_verifier, write_keyring
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tools.control_plane.plane import ControlPlane

__all__ = ["WINDOW_SECONDS", "World", "opened"]

WINDOW_SECONDS: Final = 6
"""The delivery window of a token that names none."""
_OPERATOR: Final = {
    "DEFAULT_WINDOW": f"{WINDOW_SECONDS}s",
    "PROBE_FIRST": "1s",
    "PROBE_MAX": "2s",
    "PROBE_BUDGET_PER_SECOND": "50",
    "IDENTITY": "the-only-one",
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
        settings: of the operators, beside those that all of them have.
    """

    control_plane: ControlPlane
    root: Path
    admin: Api
    stack: ExitStack
    certificates: Certificates
    settings: Mapping[str, str]
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

    def give_back(self, place: Place) -> None:
        """Nothing was changed there: the next one may have it."""
        self._places.append(place)

    def clear(self, place: Place) -> None:
        """Leave nothing for the operator to look after; for runs of thousands."""
        for kind in ("ApiToken", "ApiCredential"):
            assert self.admin.delete_all(kind, place.namespace).ok

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
    def no_operator(self) -> Iterator[None]:
        """Nobody mints or ends anything until the block is over; what was not attacked yet is forgotten then."""
        self.operator.process.stop()
        try:
            yield
        finally:
            self._places.clear()
            self.operator = self.start_operator()

    @contextmanager
    def other_operator(self, program: Sequence[str | Path] = (PROGRAM,), **settings: str) -> Iterator[None]:
        """Another one in place of ours, until the block is over."""
        with self.no_operator():
            other = self.start_operator(program, **settings)
            try:
                yield
            finally:
                other.process.stop()

    def start_operator(self, program: Sequence[str | Path] = (PROGRAM,), **settings: str) -> RunningOperator:
        """Start one, ready on return; with settings beside those of the world."""
        root = self.root / f"operator-{next(_NUMBERS)}"
        env = {f"PHARIA_ACCESS_{name}": value for name, value in {**_OPERATOR, **self.settings, **settings}.items()}
        started = start_operator(self.control_plane, root, env, program=program)
        self.stack.callback(started.process.stop)
        started.wait_until_ready(timeout=60)
        return started

    def start_verifier(self, env: Mapping[str, str] | None = None) -> RunningVerifier:
        """Start one with the keyring, ready on return."""
        started = self._begin_verifier(env or {})
        started.wait_until_ready(timeout=60)
        return started

    def start_verifiers(self, programs: Mapping[str, Sequence[str | Path]]) -> dict[str, RunningVerifier]:
        """Start one of each program, all at once; ready on return."""
        started = {name: self._begin_verifier({}, program=program) for name, program in programs.items()}
        for verifier in started.values():
            verifier.wait_until_ready(timeout=120)
        return started

    def _begin_verifier(self, env: Mapping[str, str], **options: Sequence[str | Path]) -> RunningVerifier:
        root = self.root / f"verifier-{next(_NUMBERS)}"
        root.mkdir()
        write_keyring(self.control_plane, root / "keyring")
        settings = {f"PHARIA_ACCESS_{name}": value for name, value in env.items()}
        started = start_verifier(self.control_plane, root, settings, **options)  # type: ignore[arg-type]
        self.stack.callback(started.process.stop)
        return started


@contextmanager
def opened(control_plane: ControlPlane, root: Path, settings: Mapping[str, str] | None = None) -> Iterator[World]:
    """The world; nobody else runs an operator on that control plane meanwhile."""
    with ExitStack() as stack:
        admin = Api(control_plane.kubeconfig)
        world = World(control_plane, root, admin, stack, Certificates.made(root), settings or {})
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
