"""What this replica knows of WorkloadTokens: the objects, their ApiTokens, and who keeps which Secret.

Whole objects: a cluster has some thousands of them, and a few ApiTokens each. Nothing is written on its strength alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from pharia_access.domain.conditions import is_true
from pharia_access.domain.model import ObjectKey, Token
from pharia_access.domain.workload import WORKLOAD_LABEL, WorkloadToken
from pharia_access.services.operator.token_index import is_newer

__all__ = ["WorkloadIndex"]


class WorkloadIndex:
    """Use from one event loop, after `subscribe`."""

    def __init__(self) -> None:
        self._changed: Callable[[ObjectKey], None] = lambda _: None
        self._edited: set[ObjectKey] = set()
        self._workloads: dict[ObjectKey, WorkloadToken] = {}
        self._children: dict[ObjectKey, dict[str, Token]] = {}  # by the WorkloadToken that their label names
        self._parents: dict[ObjectKey, ObjectKey] = {}
        self._keepers: dict[ObjectKey, set[ObjectKey]] = {}  # by Secret
        self._under: dict[ObjectKey, set[ObjectKey]] = {}  # by credential

    def subscribe(self, changed: Callable[[ObjectKey], None]) -> None:
        """Have this called with the key of every WorkloadToken that must be looked at."""
        self._changed = changed

    def __len__(self) -> int:
        return len(self._workloads)

    def __iter__(self) -> Iterator[WorkloadToken]:
        return iter(tuple(self._workloads.values()))

    def get(self, key: ObjectKey) -> WorkloadToken | None:
        """Return a WorkloadToken as last seen."""
        return self._workloads.get(key)

    # --- WorkloadTokens

    def apply(self, workload: WorkloadToken, *, listed: bool = False) -> None:
        """Take a WorkloadToken from a watch or a list. What is older than what is known changes nothing."""
        before = self._workloads.get(workload.key)
        if before is not None and not is_newer(workload.resource_version, before.resource_version):
            return
        self.keep(workload)
        if before is not None and not listed:
            self._edited.add(workload.key)
        self._changed(workload.key)

    def keep(self, workload: WorkloadToken) -> None:
        """Take the answer to a read or to a write of our own: whoever asked looks on by itself."""
        before = self._workloads.get(workload.key)
        if (
            before is not None
            and before.uid == workload.uid
            and is_newer(before.resource_version, workload.resource_version)
        ):
            return
        self._unlink(before)
        self._workloads[workload.key] = workload
        self._keepers.setdefault(workload.secret_key, set()).add(workload.key)
        self._under.setdefault(_credential(workload), set()).add(workload.key)

    def remove(self, key: ObjectKey, uid: str | None = None) -> None:
        """Forget a WorkloadToken that was deleted (None: whichever has the name); who wanted its Secret may have it."""
        known = self._workloads.get(key)
        if known is None or uid not in {None, known.uid}:
            return
        self._unlink(known)
        del self._workloads[key]
        self._edited.discard(key)
        for rival in self._keepers.get(known.secret_key, ()):
            self._changed(rival)
        self._changed(key)

    def take_edited(self, key: ObjectKey) -> bool:
        """Return, once, whether somebody else wrote the object since it was last looked at."""
        edited = key in self._edited
        self._edited.discard(key)
        return edited

    def rival(self, workload: WorkloadToken) -> str:
        """Return the name of the WorkloadToken that keeps the same Secret and came first; empty if there is none."""
        others = (self._workloads[key] for key in self._keepers.get(workload.secret_key, ()) if key != workload.key)
        mine = _rank(workload)
        return min((it.key.name for it in others if not it.deleting and _rank(it) < mine), default="")

    def by_end(self) -> tuple[WorkloadToken, ...]:
        """Return all, those without a token first, then by when the token in the Secret ends."""
        return tuple(sorted(self._workloads.values(), key=_end))

    def soonest(self, keys: Iterable[ObjectKey]) -> tuple[ObjectKey, ...]:
        """Return those of these that are known, in the order of `by_end`."""
        known = (self._workloads[key] for key in keys if key in self._workloads)
        return tuple(workload.key for workload in sorted(known, key=_end))

    def keeper_of(self, secret: ObjectKey, uid: str) -> WorkloadToken | None:
        """Return the WorkloadToken of this UID, if it keeps this Secret."""
        keepers = (self._workloads[key] for key in self._keepers.get(secret, ()))
        return next((workload for workload in keepers if workload.uid == uid), None)

    def of_credential(self, credential: ObjectKey, *, unready_only: bool = False) -> tuple[ObjectKey, ...]:
        """Return the WorkloadTokens under a credential. One that waits for a place has no good token: it is unready."""
        found = (self._workloads[key] for key in self._under.get(credential, ()))
        return tuple(it.key for it in found if not (unready_only and is_true(it.status.conditions, "Ready")))

    # --- their ApiTokens

    def children_of(self, workload: WorkloadToken) -> Mapping[str, Token]:
        """Return the ApiTokens that this very object controls, by name."""
        found = self._children.get(workload.key, {})
        return {name: child for name, child in found.items() if workload.controls(child.owners)}

    def put_child(self, token: Token) -> None:
        """Take an ApiToken, if a WorkloadToken made it."""
        name = token.labels.get(WORKLOAD_LABEL)
        if name is None:
            self.remove_child(token.key)
            return
        parent = ObjectKey(token.key.namespace, name)
        if self._parents.get(token.key, parent) != parent:
            self.remove_child(token.key)
        self._parents[token.key] = parent
        self._children.setdefault(parent, {})[token.key.name] = token
        self._changed(parent)

    def remove_child(self, key: ObjectKey) -> None:
        """Forget an ApiToken that is gone."""
        parent = self._parents.pop(key, None)
        if parent is None:
            return
        children = self._children[parent]
        children.pop(key.name, None)
        if not children:
            del self._children[parent]
        self._changed(parent)

    def _unlink(self, workload: WorkloadToken | None) -> None:
        if workload is None:
            return
        for places, place in ((self._keepers, workload.secret_key), (self._under, _credential(workload))):
            keys = places.get(place, set())
            keys.discard(workload.key)
            if not keys:
                places.pop(place, None)


def _credential(workload: WorkloadToken) -> ObjectKey:
    return ObjectKey(workload.key.namespace, workload.spec.credential_name)


def _end(workload: WorkloadToken) -> float:
    current = workload.status.current
    return 0.0 if current is None else current.expires_at.timestamp()


def _rank(workload: WorkloadToken) -> tuple[bool, object, str]:
    """Order by who has the Secret: one that wrote it, then the older one."""
    return workload.status.current is None, workload.created, workload.key.name
