"""What this replica knows of the cluster, in little memory: enough to count, to find dependents, to know what is due.

Nothing is written on the strength of the view alone: it says where to look.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from sys import intern

from pharia_access.domain.conditions import is_true
from pharia_access.domain.model import Credential, DeliveryState, ObjectKey, Phase, Token, TokenCounts
from pharia_access.domain.permissions import Role

__all__ = ["ClusterCache", "TokenRecord", "is_newer"]


def is_newer(candidate: str, known: str) -> bool:
    """Whether a resourceVersion is later than another of the same kind.

    They are comparable integers since Kubernetes 1.35 (KEP-5504); whatever is not an integer counts as newer.
    """
    if not (candidate.isdecimal() and known.isdecimal()):
        return candidate != known
    return int(candidate) > int(known)


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """An ApiToken in short."""

    uid: str
    resource_version: str
    credential: ObjectKey
    phase: Phase | None
    open_secret: tuple[str, str] | None
    """Name and UID of a one-time Secret that is still there."""
    holds_place: bool
    """Whether it counts against its credential's `maxTokens`: active, or asked for, and nothing of its own bars it."""
    created: float
    """POSIX time."""

    @property
    def waits(self) -> bool:
        """Whether it stands in line for one of its credential's places."""
        return self.holds_place and self.phase is not Phase.ACTIVE

    @classmethod
    def of(cls, token: Token) -> "TokenRecord":
        """What of a token is kept."""
        delivery = token.status.delivery
        available = delivery is not None and delivery.state is DeliveryState.AVAILABLE
        asked_for = token.status.phase in {None, Phase.PENDING} and not (token.deleting or token.spec.revoked)
        stuck = is_true(token.status.conditions, "Stalled")  # on another's Secret: it would hold the place
        return cls(
            uid=token.uid,
            resource_version=token.resource_version,
            credential=ObjectKey(token.key.namespace, intern(token.spec.credential_name)),
            phase=token.status.phase,
            open_secret=(delivery.secret_name, delivery.secret_uid) if delivery is not None and available else None,
            holds_place=(token.status.phase is Phase.ACTIVE and not token.deleting) or (asked_for and not stuck),
            created=token.created.timestamp(),
        )


class ClusterCache:
    """Tokens in short, credentials and roles whole. Use from one event loop."""

    def __init__(self) -> None:
        self._tokens: dict[ObjectKey, TokenRecord] = {}
        self._by_credential: dict[ObjectKey, dict[ObjectKey, None]] = {}
        self._lines: dict[ObjectKey, list[tuple[float, ObjectKey]]] = {}  # who waits for a place, oldest first
        self._phases: dict[ObjectKey, Counter[Phase]] = {}
        self._totals: Counter[Phase] = Counter()
        self._credentials: dict[ObjectKey, Credential] = {}
        self._roles: dict[str, Role] = {}
        self._gone: list[set[str]] = []  # one for each list that is read just now

    def __len__(self) -> int:
        """How many tokens there are."""
        return len(self._tokens)

    @property
    def catalog(self) -> Mapping[str, Role]:
        """All roles by name."""
        return self._roles

    @property
    def token_keys(self) -> tuple[ObjectKey, ...]:
        """All tokens."""
        return tuple(self._tokens)

    @property
    def credential_keys(self) -> tuple[ObjectKey, ...]:
        """All credentials."""
        return tuple(self._credentials)

    @property
    def any_token(self) -> ObjectKey | None:
        """One that has not changed for long."""
        return next(iter(self._tokens), None)

    def token(self, key: ObjectKey) -> TokenRecord | None:
        """What is known of a token."""
        return self._tokens.get(key)

    def knows(self, key: ObjectKey, resource_version: str) -> bool:
        """Whether this state of the token, or a later one, has been seen."""
        known = self._tokens.get(key)
        return known is not None and not is_newer(resource_version, known.resource_version)

    @contextmanager
    def listing(self) -> Iterator[None]:
        """While a list is read, remember what goes: pages that were made before may still show it."""
        gone: set[str] = set()
        self._gone.append(gone)
        try:
            yield
        finally:
            self._gone = [other for other in self._gone if other is not gone]

    def note_gone(self, uid: str | None) -> None:
        """An object was deleted."""
        if uid is not None:
            for gone in self._gone:
                gone.add(uid)

    def is_gone(self, uid: str) -> bool:
        """Whether an object of a list that is read was deleted since."""
        return any(uid in gone for gone in self._gone)

    def is_past(self, key: ObjectKey, uid: str, resource_version: str) -> bool:
        """Whether this state of the token is over: it is gone, or a later one has been seen."""
        known = self._tokens.get(key)
        return self.is_gone(uid) or (known is not None and is_newer(known.resource_version, resource_version))

    def is_pending(self, key: ObjectKey) -> bool:
        """Whether nothing has become of that token yet."""
        record = self._tokens.get(key)
        return record is not None and record.phase in {None, Phase.PENDING}

    def put_token(self, token: Token) -> TokenRecord | None:
        """Keep a token; returns what was kept before."""
        before = self.drop_token(token.key)
        record = TokenRecord.of(token)
        self._tokens[token.key] = record
        self._by_credential.setdefault(record.credential, {})[token.key] = None
        self._phases.setdefault(record.credential, Counter())[record.phase or Phase.PENDING] += 1
        self._totals[record.phase or Phase.PENDING] += 1
        if record.waits:
            insort(self._lines.setdefault(record.credential, []), (record.created, token.key))
        return before

    def bar_token(self, key: ObjectKey) -> tuple[TokenRecord | None, TokenRecord | None]:
        """It cannot be understood any more, so it stands in no line; returns what was kept, and what is."""
        before = after = self._tokens.get(key)
        if before is not None and before.waits:
            self._leave_line(key, before)
            after = self._tokens[key] = replace(before, holds_place=False)
        return before, after

    def drop_token(self, key: ObjectKey) -> TokenRecord | None:
        """Forget a token; returns what was kept."""
        record = self._tokens.pop(key, None)
        if record is None:
            return None
        self._phases[record.credential][record.phase or Phase.PENDING] -= 1
        self._totals[record.phase or Phase.PENDING] -= 1
        if record.waits:
            self._leave_line(key, record)
        siblings = self._by_credential[record.credential]
        del siblings[key]
        if not siblings:
            del self._by_credential[record.credential]
            del self._phases[record.credential]
        return record

    def _leave_line(self, key: ObjectKey, record: TokenRecord) -> None:
        line = self._lines[record.credential]
        del line[bisect_left(line, (record.created, key))]
        if not line:
            del self._lines[record.credential]

    def tokens_of(self, credential: ObjectKey, *phases: Phase) -> tuple[ObjectKey, ...]:
        """The tokens that refer to a credential of that name, of all phases if none is given."""
        keys = self._by_credential.get(credential, {})
        return tuple(key for key in keys if not phases or (self._tokens[key].phase or Phase.PENDING) in phases)

    def active_of(self, credential: ObjectKey) -> int:
        """How many of its tokens are active."""
        return self._phases.get(credential, Counter())[Phase.ACTIVE]

    def ahead_in_line(self, credential: ObjectKey, created: float, key: ObjectKey) -> int:
        """How many wait for a place that were asked for before this one, which itself may be unknown here."""
        return bisect_left(self._lines.get(credential, []), (created, key))

    def counts(self, credential: ObjectKey) -> TokenCounts:
        """A credential's tokens by phase."""
        phases = self._phases.get(credential, Counter())
        return TokenCounts(
            active=phases[Phase.ACTIVE],
            expired=phases[Phase.EXPIRED],
            revoked=phases[Phase.REVOKED],
            pending=phases[Phase.PENDING],
            failed=phases[Phase.FAILED],
        )

    def totals(self) -> Counter[Phase]:
        """All tokens by phase."""
        return Counter(self._totals)

    def credential(self, key: ObjectKey) -> Credential | None:
        """A credential as last seen."""
        return self._credentials.get(key)

    def put_credential(self, credential: Credential) -> Credential | None:
        """Keep a credential; returns the one before."""
        before = self._credentials.get(credential.key)
        self._credentials[credential.key] = credential
        return before

    def drop_credential(self, key: ObjectKey) -> Credential | None:
        """Forget a credential."""
        return self._credentials.pop(key, None)

    def holders_of(self, role: str) -> tuple[ObjectKey, ...]:
        """The credentials that name a role."""
        return tuple(key for key, credential in self._credentials.items() if role in credential.roles)

    def put_role(self, role: Role) -> Role | None:
        """Keep a role; returns the one before."""
        before = self._roles.get(role.name)
        self._roles[role.name] = role
        return before

    def drop_role(self, name: str) -> Role | None:
        """Forget a role."""
        return self._roles.pop(name, None)
