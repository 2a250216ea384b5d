"""What this replica knows of the cluster. Watch events, lists and our own writes go in here; handlers hear of changes.

After the informers of client-go. Nothing is written on the strength of the cache alone: it says where to look.
"""

from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager

from pharia_access.domain.api_values import InvalidObject, Kind
from pharia_access.domain.model import Credential, ObjectKey, Token
from pharia_access.domain.permissions import Role
from pharia_access.domain.workload import WorkloadToken
from pharia_access.services.operator.changes import ResourceEventHandler, TokenChange
from pharia_access.services.operator.token_index import TokenIndex, is_newer
from pharia_access.services.operator.work_queue import WorkItem
from pharia_access.services.operator.workloads.index import WorkloadIndex

__all__ = ["MOST_RECENT", "ClusterCache"]

MOST_RECENT = 2000
"""How many tokens are kept whole until they are reconciled: about 5 KiB each."""


class ClusterCache:
    """Tokens in short (`tokens`), credentials and roles whole. Use from one event loop, after `subscribe`.

    Args:
        processing: the work that is done just now. Events of such tokens wait for `flush_in_flight`: most are echoes of
            our own write, ahead of its answer, and would ask for work that is being done.
    """

    def __init__(self, processing: Container[WorkItem] = ()) -> None:
        self._processing = processing
        self._handlers: ResourceEventHandler
        self.tokens = TokenIndex()
        self.workloads = WorkloadIndex()
        self._credentials: dict[ObjectKey, Credential] = {}
        self._roles: dict[str, Role] = {}
        self._invalid: dict[tuple[Kind, ObjectKey], InvalidObject] = {}
        self._recent_tokens: dict[ObjectKey, Token] = {}
        self._deferred: dict[ObjectKey, Token] = {}
        self._deleted_in_flight: dict[ObjectKey, set[str]] = {}
        self._tombstones: list[set[str]] = []  # UIDs, a set for each list that is read just now

    def subscribe(self, handlers: ResourceEventHandler) -> None:
        """Have these hear of every change."""
        self._handlers = handlers

    # --- tokens

    def apply_encoded_event(self, key: ObjectKey, resource_version: str, decode: Callable[[], Token]) -> None:
        """Take a token from a watch; `decode` is called only where the state is new. Raises what that raises."""
        if not self.tokens.has_version(key, resource_version):
            self._apply_new_event(decode())

    def apply_event(self, token: Token) -> None:
        """Take a token from a watch. A state that is older than what is known changes nothing."""
        if not self.tokens.has_version(token.key, token.resource_version):
            self._apply_new_event(token)

    def apply_own_write(self, token: Token) -> None:
        """Take the answer to our own write. Its writer is still reconciling, and looks on by itself."""
        if self.is_deleted_in_flight(token):
            self._handlers.on_token_written_too_late(token)
        elif not self.tokens.has_version(token.key, token.resource_version):
            self._handlers.on_token_changed(self._put(token))

    def apply_listed(self, token: Token) -> None:
        """Take a token from a list. It is judged again, also where nothing about it changed."""
        known = self.tokens.get(token.key)
        if self.has_tombstone(token.uid) or (
            known is not None and is_newer(known.resource_version, token.resource_version)
        ):
            return
        change = None
        if self.is_deleted_in_flight(token):
            self._handlers.on_token_written_too_late(token)
        elif not self.tokens.has_version(token.key, token.resource_version):
            change = self._put(token)
        self._handlers.on_token_observed(token, change, listed=True)

    def remove_token(self, key: ObjectKey, uid: str | None = None) -> None:
        """Forget a token that was deleted (None: whichever has the name)."""
        self._add_tombstone(uid)
        if uid is not None:
            self._note_deletion_in_flight(key, uid)
        known = self.tokens.get(key)
        if known is not None and uid not in {None, known.uid}:
            return
        self._invalid.pop(("ApiToken", key), None)
        self._recent_tokens.pop(key, None)
        self._handlers.on_token_changed(TokenChange(key, self.tokens.remove(key), None))
        self.workloads.remove_child(key)

    def flush_in_flight(self, key: ObjectKey) -> None:
        """Take what a watch showed of a token while it was reconciled; that is over."""
        self._deleted_in_flight.pop(key, None)
        token = self._deferred.pop(key, None)
        if token is not None and not self.tokens.has_version(key, token.resource_version):
            self._handlers.on_token_observed(token, self._put(token), listed=False)

    def is_deleted_in_flight(self, token: Token) -> bool:
        """Whether the token was deleted since its reconcile began: an answer to a write may come after that news."""
        return token.uid in self._deleted_in_flight.get(token.key, ())

    def keep_recent(self, token: Token) -> None:
        """Keep a token whole for `take_recent`, until something newer is known of it."""
        if len(self._recent_tokens) < MOST_RECENT:
            self._recent_tokens[token.key] = token

    def take_recent(self, key: ObjectKey) -> Token | None:
        """Return a token as just observed, once, which spares its reader a read.

        Only where a status is to be written, which is a compare-and-set: if the token is no longer so, that costs a
        retry, with a read. What creates a Secret or deletes a token asks for a read first.
        """
        return self._recent_tokens.pop(key, None)

    def _apply_new_event(self, token: Token) -> None:
        if WorkItem("token", token.key) in self._processing:
            deferred = self._deferred.get(token.key)
            if deferred is None or is_newer(token.resource_version, deferred.resource_version):
                self._deferred[token.key] = token
        else:
            self._handlers.on_token_observed(token, self._put(token), listed=False)

    def _put(self, token: Token) -> TokenChange:
        self._invalid.pop(("ApiToken", token.key), None)
        self._recent_tokens.pop(token.key, None)
        self.workloads.put_child(token)
        return TokenChange(token.key, *self.tokens.put(token))

    def _note_deletion_in_flight(self, key: ObjectKey, uid: str) -> None:
        """Where a read found no token, without a UID, a token of the name that was created since may be deferred."""
        deferred = self._deferred.get(key)
        if deferred is not None and deferred.uid == uid:
            del self._deferred[key]
        if WorkItem("token", key) in self._processing:
            self._deleted_in_flight.setdefault(key, set()).add(uid)

    # --- deletions while a list is read

    @contextmanager
    def listing(self) -> Iterator[None]:
        """Remember what is deleted while a list or an object is read: an answer made before may still show it."""
        tombstones: set[str] = set()
        self._tombstones.append(tombstones)
        try:
            yield
        finally:
            self._tombstones = [other for other in self._tombstones if other is not tombstones]

    def has_tombstone(self, uid: str) -> bool:
        """Whether an object was deleted since a list that is read began."""
        return any(uid in tombstones for tombstones in self._tombstones)

    def _add_tombstone(self, uid: str | None) -> None:
        if uid is not None:
            for tombstones in self._tombstones:
                tombstones.add(uid)

    # --- credentials and roles

    @property
    def credentials(self) -> Mapping[ObjectKey, Credential]:
        """All credentials as last observed."""
        return self._credentials

    def apply_credential(self, credential: Credential, *, listed: bool = False) -> None:
        """Take a credential. What is older than what is known, or was deleted before a late answer, changes nothing."""
        before = self._credentials.get(credential.key)
        is_old = before is not None and not is_newer(credential.resource_version, before.resource_version)
        if not is_old and not self.has_tombstone(credential.uid):
            self._invalid.pop(("ApiCredential", credential.key), None)
            self._credentials[credential.key] = credential
            self._handlers.on_credential_changed(before, credential, listed=listed)
        if listed:
            self._handlers.on_credential_listed(credential.key)

    def remove_credential(self, key: ObjectKey, uid: str | None = None) -> None:
        """Forget a credential that was deleted (None: whichever has the name)."""
        self._invalid.pop(("ApiCredential", key), None)
        known = self._credentials.get(key)
        self._add_tombstone(uid if uid is not None or known is None else known.uid)
        if known is None or uid in {None, known.uid}:
            self._credentials.pop(key, None)
            self._handlers.on_credential_deleted(key)

    @property
    def catalog(self) -> Mapping[str, Role]:
        """All roles by name."""
        return self._roles

    def credentials_with(self, role: str) -> tuple[ObjectKey, ...]:
        """Return the credentials that name a role."""
        return tuple(key for key, credential in self._credentials.items() if role in credential.roles)

    def apply_role(self, role: Role) -> None:
        """Take a role."""
        before = self._roles.get(role.name)
        self._roles[role.name] = role
        if before != role:
            self._handlers.on_role_changed(role.name)

    def remove_role(self, name: str) -> None:
        """Forget a role that was deleted."""
        self._roles.pop(name, None)
        self._handlers.on_role_changed(name)

    # --- WorkloadTokens

    def apply_workload(self, workload: WorkloadToken, *, listed: bool = False) -> None:
        """Take a WorkloadToken. What was deleted before a late answer changes nothing."""
        self._invalid.pop(("WorkloadToken", workload.key), None)
        if not self.has_tombstone(workload.uid):
            self.workloads.apply(workload, listed=listed)

    def remove_workload(self, key: ObjectKey, uid: str | None = None) -> None:
        """Forget a WorkloadToken that was deleted (None: whichever has the name)."""
        self._invalid.pop(("WorkloadToken", key), None)
        self._add_tombstone(uid)
        self.workloads.remove(key, uid)

    # --- invalid objects

    @property
    def invalid_objects(self) -> tuple[InvalidObject, ...]:
        """All tokens and credentials that cannot be decoded."""
        return tuple(self._invalid.values())

    def invalid_object(self, kind: Kind, key: ObjectKey) -> InvalidObject | None:
        """Return what was last observed of an object that cannot be decoded."""
        return self._invalid.get((kind, key))

    def apply_invalid(self, invalid: InvalidObject) -> None:
        """Take an object that cannot be decoded. A token that was known holds no place any longer."""
        if invalid.kind != "ApiRole":  # has no status to say so
            self._invalid[invalid.kind, invalid.key] = invalid
        if invalid.kind == "ApiToken":
            self._handlers.on_token_changed(TokenChange(invalid.key, *self.tokens.bar(invalid.key)))
        if invalid.kind == "WorkloadToken":
            self.workloads.remove(invalid.key)
        self._handlers.on_invalid_object(invalid)
