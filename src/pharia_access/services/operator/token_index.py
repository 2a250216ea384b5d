"""The tokens of the cluster in short, with what they are looked up by: credential, phase, place in line.

After the Indexer of client-go. It takes what it is given: `cluster_cache` decides what is new.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from sys import intern

from pharia_access.domain.conditions import is_true
from pharia_access.domain.model import REPLACES, DeliveryState, ObjectKey, Phase, Token, TokenCounts
from pharia_access.domain.workload import keeper_of
from pharia_access.services.operator.active_places import ActivePlaces
from pharia_access.services.operator.expiring_tokens import ExpiringTokens

__all__ = ["TokenIndex", "TokenRecord", "is_newer"]


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
    expires_soon: bool = False
    """Whether it is active and its status warns of its end."""
    replaces: str = ""
    """While it is active: the name of the token that it was made to replace."""
    keeper: str = ""
    """The UID of the WorkloadToken that controls it: all of one take one place."""

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
        active = token.status.phase is Phase.ACTIVE and not token.deleting
        return cls(
            uid=token.uid,
            resource_version=token.resource_version,
            credential=ObjectKey(token.key.namespace, intern(token.spec.credential_name)),
            phase=token.status.phase,
            open_secret=(delivery.secret_name, delivery.secret_uid) if delivery is not None and available else None,
            holds_place=active or (asked_for and not stuck),
            created=token.created.timestamp(),
            expires_soon=active and is_true(token.status.conditions, "ExpiringSoon"),
            replaces=token.labels.get(REPLACES, "") if active else "",
            keeper=intern(keeper_of(token)),
        )


class TokenIndex:
    """Use from one event loop."""

    def __init__(self) -> None:
        self._records: dict[ObjectKey, TokenRecord] = {}
        self._by_credential: dict[ObjectKey, dict[ObjectKey, None]] = {}
        self._lines: dict[ObjectKey, list[tuple[float, ObjectKey]]] = {}  # who waits for a place, oldest first
        self._phases: dict[ObjectKey, Counter[Phase]] = {}
        self._places = ActivePlaces()
        self._totals: Counter[Phase] = Counter()
        self._expiring = ExpiringTokens()

    def __len__(self) -> int:
        return len(self._records)

    @property
    def keys(self) -> tuple[ObjectKey, ...]:
        """All tokens."""
        return tuple(self._records)

    @property
    def any_key(self) -> ObjectKey | None:
        """A token that has not changed for long."""
        return next(iter(self._records), None)

    def get(self, key: ObjectKey) -> TokenRecord | None:
        """Return what is known of a token."""
        return self._records.get(key)

    def has_version(self, key: ObjectKey, resource_version: str) -> bool:
        """Whether this state of the token, or a later one, is known."""
        known = self._records.get(key)
        return known is not None and not is_newer(resource_version, known.resource_version)

    def is_pending(self, key: ObjectKey) -> bool:
        """Whether the token is known, and was neither minted nor ended."""
        record = self._records.get(key)
        return record is not None and record.phase in {None, Phase.PENDING}

    def put(self, token: Token) -> tuple[TokenRecord | None, TokenRecord]:
        """Keep a token; return what was kept before, and what is."""
        before = self.remove(token.key)
        record = TokenRecord.of(token)
        self._records[token.key] = record
        self._by_credential.setdefault(record.credential, {})[token.key] = None
        self._phases.setdefault(record.credential, Counter())[record.phase or Phase.PENDING] += 1
        self._totals[record.phase or Phase.PENDING] += 1
        if record.phase is Phase.ACTIVE:
            self._places.take(record.credential, record.keeper)
        self._expiring.put(token.key, record.created, replaces=record.replaces, soon=record.expires_soon)
        if record.waits:
            insort(self._lines.setdefault(record.credential, []), (record.created, token.key))
        return before, record

    def bar(self, key: ObjectKey) -> tuple[TokenRecord | None, TokenRecord | None]:
        """Take a token out of its line: it is invalid now. Return what was kept, and what is."""
        before = after = self._records.get(key)
        if before is not None and before.waits:
            self._leave_line(key, before)
            after = self._records[key] = replace(before, holds_place=False)
        return before, after

    def remove(self, key: ObjectKey) -> TokenRecord | None:
        """Forget a token; return what was kept."""
        record = self._records.pop(key, None)
        if record is None:
            return None
        self._phases[record.credential][record.phase or Phase.PENDING] -= 1
        self._totals[record.phase or Phase.PENDING] -= 1
        if record.phase is Phase.ACTIVE:
            self._places.free(record.credential, record.keeper)
        self._expiring.remove(key, replaces=record.replaces)
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

    def of_credential(self, credential: ObjectKey, *phases: Phase) -> tuple[ObjectKey, ...]:
        """Return the tokens that refer to a credential of that name, of all phases if none is given."""
        keys = self._by_credential.get(credential, {})
        return tuple(key for key in keys if not phases or (self._records[key].phase or Phase.PENDING) in phases)

    def taken_of(self, credential: ObjectKey) -> int:
        """Count the credential's places that are taken: one by each active token, or by all of one WorkloadToken."""
        return self._places.taken(credential)

    def has_place(self, credential: ObjectKey, keeper: str) -> bool:
        """Whether a WorkloadToken has one of them already, for all its tokens."""
        return self._places.has(credential, keeper)

    def ahead_in_line(self, credential: ObjectKey, created: float, key: ObjectKey) -> int:
        """Count who waits for a place and was created before this token, which itself may be unknown here."""
        return bisect_left(self._lines.get(credential, []), (created, key))

    def counts(self, credential: ObjectKey) -> TokenCounts:
        """Count the credential's tokens by phase."""
        phases = self._phases.get(credential, Counter())
        return TokenCounts(
            active=phases[Phase.ACTIVE],
            expired=phases[Phase.EXPIRED],
            revoked=phases[Phase.REVOKED],
            pending=phases[Phase.PENDING],
            failed=phases[Phase.FAILED],
        )

    def totals(self) -> Counter[Phase]:
        """Count all tokens by phase."""
        return Counter(self._totals)

    def expiring_soon(self) -> Mapping[str, int]:
        """Count the tokens that end soon and have no successor, by namespace."""
        return self._expiring.counts()

    def is_succeeded(self, token: Token) -> bool:
        """Whether a later active token says that it replaces this one."""
        return self._expiring.is_succeeded(token.key, token.created.timestamp())

    def is_warned_amiss(self, key: ObjectKey) -> bool:
        """Whether a successor came, and the token is still warned of its end; or went, and it may have to be."""
        record = self._records.get(key)
        if record is None or record.phase is not Phase.ACTIVE:
            return False
        return record.expires_soon is self._expiring.is_succeeded(key, record.created)
