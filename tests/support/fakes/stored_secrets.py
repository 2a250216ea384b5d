"""What a fake API server holds, and its Secrets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from pharia_access.domain.api_values import InvalidObject, LeaseRecord, OneTimeSecret
from pharia_access.domain.deletions import GONE, NOT_THERE, Deletion, Held
from pharia_access.domain.model import (
    Credential,
    ObjectKey,
    Token,
)
from pharia_access.domain.permissions import Role
from pharia_access.domain.times import whole_seconds
from pharia_access.domain.token import TokenText
from pharia_access.domain.workload import WorkloadToken
from pharia_access.errors import (
    AlreadyExistsError,
    InvalidError,
)
from tests.support.fakes.records import Change, Kept, Removal, Withdrawal, Written

__all__ = ["StoredSecrets"]


@dataclass(slots=True)
class StoredSecrets:
    """All that is held, and the writes to one-time Secrets: those of people, the operator and garbage collection."""

    now: Callable[[], datetime]
    tokens: dict[ObjectKey, Token] = field(default_factory=dict)
    credentials: dict[ObjectKey, Credential] = field(default_factory=dict)
    workloads: dict[ObjectKey, WorkloadToken] = field(default_factory=dict)
    kept: dict[ObjectKey, Kept] = field(default_factory=dict)
    """The Secrets that WorkloadTokens keep."""
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

    def hold_secret(self, key: ObjectKey, *finalizers: str) -> None:
        """The same for a one-time Secret."""
        uid = self.secrets[key].uid
        if uid in self.deleted_secrets and {*finalizers} - {*self.secret_finalizers.get(uid, ())}:
            message = "no new finalizers can be added if the object is being deleted"
            raise InvalidError(message)
        self.secret_finalizers[uid] = finalizers
        if uid in self.deleted_secrets:
            self.delete_secret(key, uid)

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
