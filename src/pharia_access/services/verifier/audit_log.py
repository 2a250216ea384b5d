"""The audit log: denied requests and the reason, inspections, and allowed requests if wanted. It names IDs only.

A flood of denials must not become a flood of lines. So the log takes one line for each token ID and reason in an
interval, and a limited number of lines a second. It counts suppressed lines, and reports the count with the next line
of the same kind. Where the kind is evicted first, the next line of any kind reports the count.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pharia_access.domain.token_bucket import TokenBucket
from pharia_access.domain.verdict import IssuedToken, Refusal
from pharia_access.services.verifier.authorizer import Contract

__all__ = ["AuditLimits", "AuditLog", "AuditMetrics"]

log = logging.getLogger("pharia_access.audit")

_MOST_KINDS = 10_000
_LONGEST_DETAIL = 256
_ACCEPTED = "accepted"
_INSPECTED = "inspected"


class AuditMetrics(Protocol):
    """Counts suppressed lines."""

    def audit_line_dropped(self) -> None:
        """Count a line that was not written."""
        ...


@dataclass(frozen=True, slots=True)
class AuditLimits:
    """How much the log takes.

    Attributes:
        accepted: whether to log allowed requests.
        interval: seconds between two lines of one token ID and reason.
        per_second: lines in all, on average; `burst` at once.
    """

    accepted: bool = False
    interval: float = 60.0
    per_second: float = 20.0
    burst: float = 40.0


@dataclass(slots=True)
class _Kind:
    """The lines of one token ID, reason and client."""

    next_at: float = 0.0
    suppressed: int = 0


class AuditLog:
    """Implements `services.verifier.authorizer.Auditor`.

    Args:
        boottime: a clock in seconds that never goes back.
        client: the gateway's word for the client of this request; None where it is not asked for.
    """

    def __init__(
        self,
        limits: AuditLimits,
        *,
        boottime: Callable[[], float],
        metrics: AuditMetrics,
        client: Callable[[], str] | None = None,
    ) -> None:
        self._limits = limits
        self._boottime = boottime
        self._metrics = metrics
        self._client = client
        self._kinds: OrderedDict[tuple[str, str, str], _Kind] = OrderedDict()
        self._forgotten = 0
        self._bucket = TokenBucket(limits.per_second, burst=limits.burst)

    def refused(self, contract: Contract, reason: Refusal, *, token: IssuedToken | None, detail: str = "") -> None:
        """Log a denied request, unless the log has its kind from this interval."""
        self._write("refused", contract, reason, token=token, detail=detail)

    def accepted(self, contract: Contract, token: IssuedToken) -> None:
        """Log an allowed request, if that is wanted."""
        if self._limits.accepted:
            self._write("accepted", contract, _ACCEPTED, token=token)

    def inspected(self, contract: Contract, token: IssuedToken) -> None:
        """Log that somebody asked about the token, always: whoever has it may be a thief."""
        self._write("inspected", contract, _INSPECTED, token=token)

    def _write(
        self, what: str, contract: Contract, reason: str, *, token: IssuedToken | None, detail: str = ""
    ) -> None:
        token_id = "" if token is None else token.token_id
        client = "" if self._client is None else self._client()
        # Without a token anybody may ask, and give each request another client.
        kind = self._kind(token_id, reason, client if token_id else "")
        if not self._may_write(kind):
            kind.suppressed += 1
            self._metrics.audit_line_dropped()
            return
        fields = {"contract": contract.value, "reason": str(reason), "suppressed": kind.suppressed}
        if token is not None:
            fields |= {"proof": token.proof.value, **token.names}
        if client:
            fields["client"] = client
        if detail:
            fields["detail"] = detail[:_LONGEST_DETAIL]
        if self._forgotten:
            fields["suppressedOthers"] = self._forgotten
        kind.suppressed = self._forgotten = 0
        log.info(what, extra=fields)

    def _kind(self, token_id: str, reason: str, client: str) -> _Kind:
        """Return the kind of that ID, reason and client. A new kind evicts the least recently used one."""
        name = token_id, reason, client
        kind = self._kinds.get(name)
        if kind is not None:
            self._kinds.move_to_end(name)
            return kind
        kind = self._kinds[name] = _Kind()
        if len(self._kinds) > _MOST_KINDS:
            _, oldest = self._kinds.popitem(last=False)
            self._forgotten += oldest.suppressed
        return kind

    def _may_write(self, kind: _Kind) -> bool:
        now = self._boottime()
        if now < kind.next_at or not self._bucket.allow(now):
            return False
        kind.next_at = now + self._limits.interval
        return True
