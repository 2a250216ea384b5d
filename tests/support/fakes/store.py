"""What a fake API server holds: objects, resource versions, UIDs, garbage collection, and all that ever was.

Synchronous and without faults: `fake_cluster` puts the ports, the waiting and the faults in front of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Literal, TypeVar

from pharia_access.domain.api_values import InvalidObject, LeaseRecord, OneTimeSecret
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
from pharia_access.domain.permissions import Role
from pharia_access.domain.times import whole_seconds
from pharia_access.domain.token import TokenText
from pharia_access.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidError,
    InvalidObjectError,
    NotFoundError,
)
from tests.support.fakes.records import Change, Removal, Withdrawal, Written

__all__ = ["FakeStore"]

FOREGROUND = "foregroundDeletion"
"""The finalizer of a deletion that waits for dependents; garbage collection takes it off."""

T = TypeVar("T", Token, Credential)


@dataclass(slots=True)
class FakeStore:
    """Every public method but the `read` ones is one write of the API server."""

    now: Callable[[], datetime]
    tokens: dict[ObjectKey, Token] = field(default_factory=dict)
    credentials: dict[ObjectKey, Credential] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    secrets: dict[ObjectKey, OneTimeSecret] = field(default_factory=dict)
    foreign_secrets: set[ObjectKey] = field(default_factory=set)
    malformed: dict[ObjectKey, InvalidObject] = field(default_factory=dict)
    told_malformed: list[InvalidObject] = field(default_factory=list)
    lease: LeaseRecord | None = None
    keyring: tuple[Mapping[str, bytes], str] | None = None
    changes: list[Change] = field(default_factory=list)
    history: list[Written] = field(default_factory=list)
    every_secret: dict[str, OneTimeSecret] = field(default_factory=dict)
    owner_of: dict[str, str] = field(default_factory=dict)
    secret_finalizers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    deleted_secrets: set[str] = field(default_factory=set)
    """UIDs of those that were deleted, gone or not."""
    withdrawals: list[Withdrawal] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    _versions: "count[int]" = field(default_factory=lambda: count(1))
    _uids: "count[int]" = field(default_factory=lambda: count(1))
    version: str = "0"

    def next_version(self) -> str:
        """One counter for all kinds, as in etcd."""
        self.version = str(next(self._versions))
        return self.version

    def next_uid(self) -> str:
        """Never given twice."""
        return f"uid-{next(self._uids)}"

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

    def hold_secret(self, key: ObjectKey, *finalizers: str) -> None:
        """The same for a one-time Secret."""
        uid = self.secrets[key].uid
        if uid in self.deleted_secrets and {*finalizers} - {*self.secret_finalizers.get(uid, ())}:
            message = "no new finalizers can be added if the object is being deleted"
            raise InvalidError(message)
        self.secret_finalizers[uid] = finalizers
        if uid in self.deleted_secrets:
            self.delete_secret(key, uid)

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

    def create_secret(self, token: Token, text: TokenText) -> OneTimeSecret:
        """Create the Secret of a token."""
        key = ObjectKey(token.key.namespace, token.spec.secret_name)
        if key in self.secrets or key in self.foreign_secrets:
            raise AlreadyExistsError(str(key))
        secret = OneTimeSecret(
            key=key,
            uid=self.next_uid(),
            created=whole_seconds(self.now()),
            immutable=True,
            token_uid=token.uid,
            token_name=token.key.name,
            text=text,
        )
        return self.put_secret(secret, owner_uid=token.uid)

    def put_secret(self, secret: OneTimeSecret, *, owner_uid: str) -> OneTimeSecret:
        """Have this Secret, whoever made it."""
        self.next_version()
        self.secrets[secret.key] = secret
        self.every_secret[secret.uid] = secret
        self.owner_of[secret.uid] = owner_uid
        return secret

    def delete_secret(self, key: ObjectKey, uid: str) -> Deletion:
        """Delete that very Secret; with a finalizer it stands."""
        secret = self.secrets.get(key)
        if secret is None or secret.uid != uid:
            return NOT_THERE
        self.next_version()
        if finalizers := self.secret_finalizers.get(uid, ()):
            self.deleted_secrets.add(uid)
            return Deletion(found=True, held=Held(finalizers))
        del self.secrets[key]
        return GONE

    def withdraw_secret(self, key: ObjectKey, uid: str) -> Deletion:
        """The same by the operator; whose it was then is kept."""
        secret = self.secrets.get(key)
        if secret is not None and secret.uid == uid:
            owner = self.tokens.get(ObjectKey(key.namespace, secret.token_name))
            self.withdrawals.append(
                Withdrawal(secret, owner, frozenset(c.uid for c in self.credentials.values()), self.now())
            )
        return self.delete_secret(key, uid)

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
