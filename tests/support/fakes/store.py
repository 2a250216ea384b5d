"""What a fake API server holds: objects, resource versions, UIDs, garbage collection, and all that ever was.

Synchronous and without faults: `fake_cluster` puts the ports, the waiting and the faults in front of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from pharia_access.domain.api_values import LeaseRecord
from pharia_access.domain.deletions import GONE, NOT_THERE, Deletion, Held, foreign
from pharia_access.domain.model import (
    Credential,
    CredentialStatus,
    ObjectKey,
    OwnerReference,
    Token,
    TokenSpec,
    TokenStatus,
)
from pharia_access.domain.times import whole_seconds
from pharia_access.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidError,
    InvalidObjectError,
    NotFoundError,
)
from tests.support.fakes.records import Change, Removal, Written
from tests.support.fakes.stored_secrets import StoredSecrets

__all__ = ["FakeStore"]

FOREGROUND = "foregroundDeletion"
"""The finalizer of a deletion that waits for dependents; garbage collection takes it off."""

T = TypeVar("T", Token, Credential)


@dataclass(slots=True)
class FakeStore(StoredSecrets):
    """Every public method but the `read` ones is one write of the API server."""

    # --- what people do

    def apply_token(self, token: Token) -> Token:
        """Create a token; UID, version, generation and creation time are the server's."""
        if token.key in self.tokens:
            raise AlreadyExistsError(str(token.key))
        made = replace(
            token,
            uid=self.next_uid(),
            resource_version=self.next_version(),
            generation=1,
            created=whole_seconds(self.now()),
        )
        self.tokens[made.key] = made
        return self._tell("ADDED", made)

    def edit_token(self, key: ObjectKey, change: Callable[[TokenSpec], TokenSpec]) -> Token:
        """Change a spec; the generation moves only if it became another one."""
        token = self.read_token(key)
        spec = change(token.spec)
        return self._put_token(token, replace(token, spec=spec, generation=token.generation + (spec != token.spec)))

    def mark_token(self, key: ObjectKey, *, labels: Mapping[str, str], annotations: Mapping[str, str]) -> Token:
        """Replace a token's labels and annotations."""
        token = self.read_token(key)
        return self._put_token(token, replace(token, labels=labels, annotations=annotations))

    def begin_token_deletion(self, key: ObjectKey) -> Token:
        """A foreground deletion: it stays until garbage collection has been there, with a deletion timestamp."""
        token = self.read_token(key)
        finalizers = (*token.finalizers, *({FOREGROUND} - {*token.finalizers}))
        return self._put_token(token, replace(token, deleting=True, finalizers=finalizers))

    def hold_token(self, key: ObjectKey, *finalizers: str) -> Token:
        """Make these a token's finalizers. None: what is being deleted goes. To what is, none can be added."""
        token = self.read_token(key)
        if token.deleting and {*finalizers} - {*token.finalizers}:
            message = "no new finalizers can be added if the object is being deleted"
            raise InvalidError(message)
        held = self._put_token(token, replace(token, finalizers=finalizers))
        if held.deleting and not finalizers:
            self.delete_token(key)
        return held

    def apply_credential(self, credential: Credential) -> Credential:
        """Create or change a credential."""
        known = self.credentials.get(credential.key)
        if known is None:
            made = replace(credential, uid=self.next_uid(), resource_version=self.next_version(), generation=1)
            self.credentials[made.key] = made
            return self._tell("ADDED", made)
        deleting = known.deleting or credential.deleting
        made = replace(credential, uid=known.uid, status=known.status, generation=known.generation, deleting=deleting)
        if replace(made, resource_version=known.resource_version) == known:
            return known
        made = replace(made, generation=known.generation + 1, resource_version=self.next_version())
        self.credentials[made.key] = made
        return self._tell("MODIFIED", made)

    def begin_credential_deletion(self, key: ObjectKey) -> Credential:
        """A finalizer of somebody's holds it: it stays until `delete_credential`, with a deletion timestamp."""
        known = self.credentials[key]
        if known.deleting:
            return known
        version = self.next_version()
        self.credentials[key] = replace(known, deleting=True, generation=known.generation + 1, resource_version=version)
        return self._tell("MODIFIED", self.credentials[key])

    def delete_credential(self, key: ObjectKey) -> None:
        """Delete a credential; its tokens follow by garbage collection."""
        gone = self.credentials.pop(key)
        self._tell("DELETED", replace(gone, resource_version=self.next_version()))

    # --- what the operator does

    def read_token(self, key: ObjectKey) -> Token:
        """The token as it is now."""
        if key in self.malformed:
            raise InvalidObjectError(self.malformed[key].why)
        if key not in self.tokens:
            raise NotFoundError(str(key))
        return self.tokens[key]

    def read_credential(self, key: ObjectKey) -> Credential:
        """The credential as it is now."""
        if key not in self.credentials:
            raise NotFoundError(str(key))
        return self.credentials[key]

    def write_token_status(self, token: Token, status: TokenStatus) -> Token:
        """Compare-and-set of a status; the generation stays."""
        live = self._unchanged_token(token)
        written = self._put_token(live, replace(live, status=status))
        delivery = status.delivery
        there = delivery is not None and delivery.secret_uid in {secret.uid for secret in self.secrets.values()}
        self.history.append(Written(written, there))
        return written

    def write_credential_status(self, credential: Credential, status: CredentialStatus) -> Credential:
        """The same for a credential."""
        live = self.read_credential(credential.key)
        if (live.uid, live.resource_version) != (credential.uid, credential.resource_version):
            raise ConflictError(str(credential.key))
        if live.status == status:
            return live
        self.credentials[live.key] = replace(live, status=status, resource_version=self.next_version())
        return self._tell("MODIFIED", self.credentials[live.key])

    def set_owners(self, token: Token, owners: tuple[OwnerReference, ...]) -> Token:
        """Compare-and-set of the owner references."""
        live = self._unchanged_token(token)
        return self._put_token(live, replace(live, owners=owners))

    def delete_token(self, key: ObjectKey, uid: str | None = None) -> Deletion:
        """Delete a token in the background, that very one if a UID is given; with a finalizer it stands."""
        token = self.tokens.get(key)
        if token is None or uid not in {None, token.uid}:
            return NOT_THERE
        if finalizers := foreign(token.finalizers):
            self._put_token(token, replace(token, deleting=True, finalizers=finalizers))
            return Deletion(found=True, held=Held(finalizers))
        del self.tokens[key]
        self._tell("DELETED", replace(token, resource_version=self.next_version()))
        return GONE

    def remove_token(self, key: ObjectKey, uid: str) -> Deletion:
        """The same by the operator; what it was then is kept."""
        token = self.tokens.get(key)
        if token is not None and token.uid == uid:
            holder = ObjectKey(key.namespace, token.spec.credential_name)
            self.removals.append(Removal(token, self.credentials.get(holder)))
        return self.delete_token(key, uid)

    def write_lease(self, record: LeaseRecord) -> LeaseRecord:
        """Create or replace the Lease."""
        held = "" if self.lease is None else self.lease.resource_version
        if record.resource_version != held:
            raise ConflictError(record.holder) if record.resource_version else AlreadyExistsError(record.holder)
        self.lease = replace(record, resource_version=self.next_version())
        return self.lease

    def collect_garbage(self) -> bool:
        """What kube-controller-manager does: delete whatever all owners of are gone. Returns whether it did."""
        uids = {token.uid for token in self.tokens.values()} | {item.uid for item in self.credentials.values()}
        uids |= {workload.uid for workload in self.workloads.values()}
        self.kept = {key: kept for key, kept in self.kept.items() if kept.owner in uids}
        orphans = [
            s for s in self.secrets.values() if self.owner_of[s.uid] not in uids and s.uid not in self.deleted_secrets
        ]
        for secret in orphans:
            self.delete_secret(secret.key, secret.uid)
        ended = [
            token
            for token in self.tokens.values()
            if FOREGROUND in token.finalizers or (token.owners and all(o.uid not in uids for o in token.owners))
            if not (token.deleting and foreign(token.finalizers) == token.finalizers)
        ]
        for token in ended:
            self.delete_token(token.key, token.uid)
        return bool(orphans or ended)

    def _unchanged_token(self, token: Token) -> Token:
        if token.key not in self.tokens:
            raise NotFoundError(str(token.key))
        live = self.tokens[token.key]
        if (live.uid, live.resource_version) != (token.uid, token.resource_version):
            raise ConflictError(str(token.key))
        return live

    def _put_token(self, before: Token, after: Token) -> Token:
        if after == before:
            return before
        self.tokens[after.key] = replace(after, resource_version=self.next_version())
        return self._tell("MODIFIED", self.tokens[after.key])

    def _tell(self, change: Literal["ADDED", "MODIFIED", "DELETED"], item: T) -> T:
        self.changes.append(Change(change, item))
        return item
