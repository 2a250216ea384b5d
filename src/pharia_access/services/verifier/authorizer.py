"""Authorize requests: authenticate the bearer token, check the gateway's requirement, count, audit.

Every protocol uses the same `Authorizer`. `entrypoints.verifier` says what an answer looks like.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pharia_access.domain.verdict import IssuedToken, Proof, Refusal
from pharia_access.domain.verification.client_credentials import ClientCredentials
from pharia_access.domain.verification.requirement_headers import Asked
from pharia_access.services.verifier.asked_requirements import is_costly, judged, remember_met
from pharia_access.services.verifier.signature_queue import SignatureQueue
from pharia_access.services.verifier.verifier import Allowed, AuthorizationResult, Denied, Unverified, Verifier

__all__ = [
    "GATEWAY_CONTRACTS",
    "Auditor",
    "Authorizer",
    "Contract",
    "Costly",
    "DecisionMetrics",
    "LastUsedHook",
]


class Contract(StrEnum):
    """The protocols, by the names that metrics and the audit log use."""

    NGINX = "nginx"
    FORWARD = "forward"
    ENVOY = "envoy"
    CHECK_USER = "check_user"
    INTROSPECT = "introspect"
    TOKEN_REVIEW = "tokenreview"  # noqa: S105 - a protocol's name
    WHOAMI = "whoami"


GATEWAY_CONTRACTS = frozenset({Contract.NGINX, Contract.FORWARD, Contract.ENVOY})
"""Those whose checks come by the hundred thousand: busy polling counts them."""


@dataclass(slots=True)
class Costly:
    """The token is good, and its check against the requirement takes many steps.

    Attributes:
        client: the key of the token's credential.
    """

    client: str


class DecisionMetrics(Protocol):
    """Counts decisions."""

    def decided(self, contract: Contract, refusal: Refusal | None, seconds: float, *, proof: Proof) -> None:
        """Count a decision about such a proof that took so many seconds; `refusal` is None where it may pass."""
        ...


class Auditor(Protocol):
    """Writes some decisions to the audit log. Never waits."""

    def refused(self, contract: Contract, reason: Refusal, *, token: IssuedToken | None, detail: str = "") -> None:
        """Record a denied request, with its token where the token's ID is known."""
        ...

    def accepted(self, contract: Contract, token: IssuedToken) -> None:
        """Record a request that may pass."""
        ...

    def inspected(self, contract: Contract, token: IssuedToken) -> None:
        """Record that somebody who holds the token asked what it may do."""
        ...


class LastUsedHook(Protocol):
    """Remembers when tokens were used. Never waits."""

    def used(self, token: IssuedToken) -> None:
        """Note that the token was accepted just now."""
        ...

    def inspected(self, token: IssuedToken) -> None:
        """Note that somebody asked about the token just now, which is no use."""
        ...


class Authorizer:
    """Authorizes requests. Use from one event loop.

    Args:
        monotonic: a clock in seconds that never goes back; it times decisions.
    """

    def __init__(
        self,
        verifier: Verifier,
        *,
        metrics: DecisionMetrics,
        auditor: Auditor,
        last_used: LastUsedHook,
        monotonic: Callable[[], float],
    ) -> None:
        self._verifier = verifier
        self._metrics, self._auditor, self._last_used = metrics, auditor, last_used
        self._monotonic = monotonic
        self.checks = 0
        """Gateways' requests that were allowed, less those with a costly requirement.

        Long work rests for these (`long_work`). A client without a token must not slow long work: denials do not count.
        """

    def authorize_nowait(
        self, contract: Contract, presented: bytes | Refusal, requirement: Asked = ""
    ) -> AuthorizationResult | Unverified | Costly | SignatureQueue:
        """Authorize without waiting. Where that takes Argon2id or many steps, return why: then call `authorize`.

        Where a signature must be verified, and others wait for theirs, return the queue: call `authorize`, which waits
        in the queue, or wait there and authorize again without waiting, which costs less.

        Args:
            contract: for the log and the metrics.
            presented: the text of the token, or why the request has none.
            requirement: as in a query, see `domain.verification.requirements`.
        """
        began = self._monotonic()
        verdict = Denied(presented) if isinstance(presented, Refusal) else self._verifier.check(presented)
        if isinstance(verdict, Unverified | SignatureQueue):
            return verdict
        if isinstance(verdict, Allowed) and is_costly(verdict, requirement):
            return Costly(verdict.token.credential_key)
        result = self._conclude(contract, verdict, requirement=requirement, began=began)
        self.checks += isinstance(result, Allowed)
        return result

    def reauthorize(self, contract: Contract, allowed: Allowed) -> bool:
        """Authorize a request that repeats an allowed one byte for byte. On False, authorize it from the beginning.

        Records nothing on False, since False is not the decision yet.
        """
        began = self._monotonic()
        if not self._verifier.still_holds(allowed):
            return False
        self.checks += 1
        self._record_allowed(contract, allowed.token, began)
        return True

    def still_holds(self, allowed: Allowed) -> bool:
        """Tell whether an earlier verdict is true now. Records nothing."""
        return self._verifier.still_holds(allowed)

    async def authorize(
        self, contract: Contract, presented: bytes | Refusal, requirement: Asked = ""
    ) -> AuthorizationResult:
        """Authorize, and wait for Argon2id where only Argon2id can tell."""
        began = self._monotonic()
        verdict = Denied(presented) if isinstance(presented, Refusal) else await self._verifier.verify(presented)
        costly = isinstance(verdict, Allowed) and is_costly(verdict, requirement)
        result = self._conclude(contract, verdict, requirement=requirement, began=began)
        if isinstance(result, Allowed):
            self.checks += contract in GATEWAY_CONTRACTS and not costly
            if costly:
                remember_met(result, requirement)
        return result

    async def authorize_text(self, contract: Contract, presented: bytes, requirement: str = "") -> AuthorizationResult:
        """Authorize a token that came in a body."""
        return await self.authorize_client(contract, ClientCredentials(presented), requirement)

    async def authorize_client(
        self, contract: Contract, presented: ClientCredentials | Refusal, requirement: str = ""
    ) -> AuthorizationResult:
        """Authorize a token that is a client's secret; the client's ID must fit the token's credential."""
        began = self._monotonic()
        if isinstance(presented, Refusal):
            verdict: AuthorizationResult = Denied(presented)
        else:
            verdict = await self._verifier.verify(presented.secret)
            if isinstance(verdict, Allowed) and not presented.may_be(verdict.token.credential_key):
                verdict = Denied(Refusal.ANOTHER_CLIENT, verdict.token)
        return self._conclude(contract, verdict, requirement=requirement, began=began)

    def _conclude(
        self, contract: Contract, verdict: AuthorizationResult, *, requirement: Asked, began: float
    ) -> AuthorizationResult:
        result = judged(requirement, verdict)
        if isinstance(result, Denied):
            proof = result.proof if result.token is None else result.token.proof
            self._metrics.decided(contract, result.refusal, self._monotonic() - began, proof=proof)
            self._auditor.refused(contract, result.refusal, token=result.token, detail=result.detail)
        elif contract is Contract.WHOAMI:
            self._record_inspection(contract, result.token, began)
        else:
            self._record_allowed(contract, result.token, began)
        return result

    def _record_inspection(self, contract: Contract, token: IssuedToken, began: float) -> None:
        """Leave a trace that is no use of the token: a thief is seen, and evidence stays (decision 0043)."""
        self._last_used.inspected(token)
        self._auditor.inspected(contract, token)
        self._metrics.decided(contract, None, self._monotonic() - began, proof=token.proof)

    def _record_allowed(self, contract: Contract, token: IssuedToken, began: float) -> None:
        self._last_used.used(token)
        self._auditor.accepted(contract, token)
        self._metrics.decided(contract, None, self._monotonic() - began, proof=token.proof)
