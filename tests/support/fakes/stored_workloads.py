"""A fake API server's WorkloadTokens and the Secrets that they keep, with admission's fence."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from pharia_access.domain.lifecycle.workload.decisions import Sight
from pharia_access.domain.model import ObjectKey, OwnerReference, Phase, Token, TokenSpec
from pharia_access.domain.times import whole_seconds
from pharia_access.domain.token import TokenText
from pharia_access.domain.workload import WORKLOAD_LABEL, WorkloadSpec, WorkloadStatus, WorkloadToken
from pharia_access.errors import AlreadyExistsError, ConflictError, InvalidObjectError, NotFoundError
from pharia_access.kube.workload_manifests import WINDOW
from tests.support.fakes.records import Change, Kept
from tests.support.fakes.store import FakeStore

__all__ = ["KeptWrite", "StoredWorkloads", "is_good"]


@dataclass(frozen=True, slots=True)
class KeptWrite:
    """One write of such a Secret, with what was true at that moment."""

    key: ObjectKey
    revision: int
    token_id: str
    child: Token | None
    """The ApiToken of the text, None where it is gone."""
    at: datetime
    anew: bool
    """Whether it was created after a person had deleted it."""


class StoredWorkloads:
    """WorkloadTokens in front of a store. Every public method but the `read` ones is one write of the API server."""

    def __init__(self, store: FakeStore) -> None:
        self.store = store
        self.writes: list[KeptWrite] = []
        self.deletions = 0
        self.fenced = True

    # --- what people do

    def apply(self, workload: WorkloadToken) -> WorkloadToken:
        """Create a WorkloadToken; UID, version, generation and creation time are the server's."""
        store = self.store
        made = replace(
            workload,
            uid=store.next_uid(),
            resource_version=store.next_version(),
            generation=1,
            created=whole_seconds(store.now()),
        )
        store.workloads[made.key] = made
        store.changes.append(Change("ADDED", made))
        return made

    def edit(self, key: ObjectKey, change: Callable[[WorkloadSpec], WorkloadSpec]) -> None:
        """Change a spec."""
        workload = self.store.workloads[key]
        self._put(replace(workload, spec=change(workload.spec), generation=workload.generation + 1))

    def delete(self, key: ObjectKey) -> None:
        """Delete a WorkloadToken; its tokens and its Secret follow by garbage collection."""
        gone = self.store.workloads.pop(key)
        self.store.changes.append(Change("DELETED", replace(gone, resource_version=self.store.next_version())))

    def delete_kept(self, key: ObjectKey) -> None:
        """Delete the Secret that is kept."""
        if self.store.kept.pop(key, None) is not None:
            self.deletions += 1
            self.store.next_version()

    # --- what the operator does

    def read(self, key: ObjectKey) -> WorkloadToken:
        """The WorkloadToken as it is now."""
        if key not in self.store.workloads:
            raise NotFoundError(str(key))
        return self.store.workloads[key]

    def write_status(self, workload: WorkloadToken, status: WorkloadStatus) -> WorkloadToken:
        """Compare-and-set of a status; a revision never falls."""
        live = self.read(workload.key)
        if (live.uid, live.resource_version) != (workload.uid, workload.resource_version):
            raise ConflictError(str(workload.key))
        if status.revision < live.status.revision:
            message = "revision cannot be lowered or removed"
            raise InvalidObjectError(message)
        return self._put(replace(live, status=status))

    def create_child(self, workload: WorkloadToken, name: str) -> Token:
        """Create an ApiToken that the WorkloadToken owns."""
        key = ObjectKey(workload.key.namespace, name)
        owner = OwnerReference(
            "access.pharia.ai/v1alpha1", "WorkloadToken", workload.key.name, workload.uid, controller=True
        )
        return self.store.apply_token(
            Token(
                key=key,
                uid="",
                resource_version="",
                generation=1,
                created=self.store.now(),
                spec=TokenSpec(workload.spec.credential_name, WINDOW, f"{name}-token", workload.spec.ttl),
                labels={WORKLOAD_LABEL: workload.key.name},
                owners=(owner,),
            )
        )

    def look(self, workload: WorkloadToken, revision: int) -> Sight:
        """The dry run of a replacement."""
        if workload.secret_key in self.store.foreign_secrets:
            return Sight.FOREIGN
        kept = self.store.kept.get(workload.secret_key)
        if kept is None:
            return Sight.GONE
        return Sight.OLDER if revision > kept.revision else Sight.HELD

    def create_kept(self, workload: WorkloadToken, revision: int, text: TokenText) -> None:
        """Create the Secret."""
        if workload.secret_key in self.store.kept or workload.secret_key in self.store.foreign_secrets:
            raise AlreadyExistsError(str(workload.secret_key))
        self._keep(workload, revision, text, anew=self.deletions > 0)

    def replace_kept(self, workload: WorkloadToken, revision: int, text: TokenText) -> None:
        """Replace the Secret, if its revision rises."""
        kept = self.store.kept.get(workload.secret_key)
        if kept is None:
            raise NotFoundError(str(workload.secret_key))
        if self.fenced and revision <= kept.revision:
            raise ConflictError(str(workload.secret_key))
        self._keep(workload, revision, text, anew=False)

    def _keep(self, workload: WorkloadToken, revision: int, text: TokenText, *, anew: bool) -> None:
        store = self.store
        store.next_version()
        store.kept[workload.secret_key] = Kept(workload.uid, revision, text.token_id)
        child = next((token for token in store.tokens.values() if token.status.token_id == text.token_id), None)
        self.writes.append(KeptWrite(workload.secret_key, revision, text.token_id, child, store.now(), anew))

    def _put(self, workload: WorkloadToken) -> WorkloadToken:
        store = self.store
        if store.workloads.get(workload.key) == workload:
            return workload
        store.workloads[workload.key] = replace(workload, resource_version=store.next_version())
        store.changes.append(Change("MODIFIED", store.workloads[workload.key]))
        return store.workloads[workload.key]


def is_good(token: Token | None) -> bool:
    """Whether a verifier accepts the token, its time aside."""
    return token is not None and not token.spec.revoked and not token.deleting and token.status.phase is Phase.ACTIVE
