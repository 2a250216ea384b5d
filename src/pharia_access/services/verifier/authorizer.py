"""Who may pass: the credentials of a request, the verdict on them, what the gateway asks beside, and who notes it.

The same for every protocol; what an answer looks like is the business of `entrypoints.verifier`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Protocol, cast

from pharia_access.domain.verdict import IssuedToken, Refusal
from pharia_access.domain.verification.bearer import bearer_token
from pharia_access.domain.verification.requirements import MAX_REQUIREMENT_BYTES, Requirement, parse_requirement
from pharia_access.errors import RequirementError
from pharia_access.services.verifier.verifier import Accepted, Refused, Unverified, Verdict, Verifier

__all__ = [
    "Auditor",
    "AuthorizationResult",
    "Authorizer",
    "AuthorizerHooks",
    "Contract",
    "DecisionMetrics",
    "LastUsedHook",
]

_DIFFERENT_REQUIREMENTS = 1024
"""How many are kept ready. They are written in gateways' configurations, so there are few."""
_FEW_STEPS = 64
"""On asked names and fields, for all held roles: some thirty microseconds."""
_TOO_LONG = f"longer than {MAX_REQUIREMENT_BYTES} bytes"


class Contract(StrEnum):
    """The protocols, as metrics and the audit log name them."""

    NGINX = "nginx"
    FORWARD = "forward"
    ENVOY = "envoy"
    CHECK_USER = "check_user"
    INTROSPECT = "introspect"
    TOKEN_REVIEW = "tokenreview"  # noqa: S105 - a protocol's name
    WHOAMI = "whoami"


_GATEWAYS = frozenset({Contract.NGINX, Contract.FORWARD, Contract.ENVOY})


@dataclass(slots=True)
class AuthorizationResult:
    """Exactly one of the two is set. Not frozen, since it is made for each request, and that costs."""

    accepted: Accepted | None = None
    refusal: Refusal | None = None


class DecisionMetrics(Protocol):
    """Counts decisions."""

    def decided(self, contract: Contract, refusal: Refusal | None, seconds: float) -> None:
        """One request was decided, in so many seconds; no refusal: it may pass."""
        ...


class Auditor(Protocol):
    """Writes decisions down, some of them; never waits."""

    def refused(self, contract: Contract, reason: Refusal, *, token: IssuedToken | None, detail: str = "") -> None:
        """A request was refused; the token where its ID is known."""
        ...

    def accepted(self, contract: Contract, token: IssuedToken) -> None:
        """A request may pass."""
        ...


class LastUsedHook(Protocol):
    """Remembers when tokens were used; never waits."""

    def used(self, token: IssuedToken) -> None:
        """The token was accepted just now."""
        ...


@dataclass(frozen=True, slots=True)
class AuthorizerHooks:
    """Who is told of decisions, and the clock that times them: seconds that only grow."""

    meter: DecisionMetrics
    auditor: Auditor
    uses: LastUsedHook
    seconds: Callable[[], float]


class Authorizer:
    """Decides requests. Use from one event loop."""

    def __init__(self, verifier: Verifier, tools: AuthorizerHooks) -> None:
        self._verifier = verifier
        self._meter, self._auditor, self._uses = tools.meter, tools.auditor, tools.uses
        self._seconds = tools.seconds
        self.checks = 0
        """How many requests of gateways were accepted, of those that ask little.

        Long work rests for these (`long_work`): who has no token must not be able to slow it, by asking now and then.
        """

    def authorize_nowait(
        self, contract: Contract, values: Sequence[bytes], requirement: str = ""
    ) -> AuthorizationResult | None:
        """Decide without waiting; None where it takes Argon2id or much else, which is then left to `decide`.

        Args:
            contract: for the log and the metrics.
            values: of all the request's `Authorization` headers.
            requirement: as in a query, see `domain.verification.requirements`.
        """
        began = self._seconds()
        presented = bearer_token(values)
        verdict = Refused(presented) if isinstance(presented, Refusal) else self._verifier.check(presented)
        if isinstance(verdict, Unverified) or _asks_much(verdict, requirement):
            return None
        decision = self._close(contract, verdict, requirement=requirement, began=began)
        self.checks += decision.accepted is not None
        return decision

    def reauthorize(self, contract: Contract, accepted: Accepted) -> bool:
        """Decide on a request that is, byte for byte, one that was accepted. No means: decide on it from the beginning.

        Nothing is noted of a no, since that is not yet the decision.
        """
        began = self._seconds()
        if not self._verifier.still_holds(accepted):
            return False
        self.checks += 1
        self._uses.used(accepted.token)
        self._auditor.accepted(contract, accepted.token)
        self._meter.decided(contract, None, self._seconds() - began)
        return True

    def still_holds(self, accepted: Accepted) -> bool:
        """Whether what was decided holds now: of an answer that took long. Nothing is noted of it."""
        return self._verifier.still_holds(accepted)

    def asks_much_of(self, values: Sequence[bytes], requirement: str) -> str | None:
        """The credential of a good token, if it takes long to tell whether it meets the requirement."""
        if not requirement:
            return None
        presented = bearer_token(values)
        if isinstance(presented, Refusal):
            return None
        verdict = self._verifier.check(presented)
        return verdict.token.credential if isinstance(verdict, Accepted) and _asks_much(verdict, requirement) else None

    async def decide(self, contract: Contract, values: Sequence[bytes], requirement: str = "") -> AuthorizationResult:
        """Decide, and wait for Argon2id if need be."""
        began = self._seconds()
        presented = bearer_token(values)
        verdict = Refused(presented) if isinstance(presented, Refusal) else await self._verifier.verify(presented)
        much = _asks_much(verdict, requirement)
        decision = self._close(contract, verdict, requirement=requirement, began=began)
        self.checks += decision.accepted is not None and contract in _GATEWAYS and not much
        if much and decision.accepted is not None:
            decision.accepted.held.remember_met(requirement)
        return decision

    async def decide_text(self, contract: Contract, presented: bytes, requirement: str = "") -> AuthorizationResult:
        """Decide on a token that came in a body."""
        began = self._seconds()
        verdict = await self._verifier.verify(presented)
        return self._close(contract, verdict, requirement=requirement, began=began)

    def _close(self, contract: Contract, verdict: Verdict, *, requirement: str, began: float) -> AuthorizationResult:
        reason, detail = _objection(verdict, requirement)
        self._meter.decided(contract, reason, self._seconds() - began)
        if reason is not None:
            self._auditor.refused(contract, reason, token=verdict.token, detail=detail)
            return AuthorizationResult(refusal=reason)
        accepted = cast("Accepted", verdict)
        self._uses.used(accepted.token)
        self._auditor.accepted(contract, accepted.token)
        return AuthorizationResult(accepted=accepted)


def _objection(verdict: Verdict, requirement: str) -> tuple[Refusal | None, str]:
    """Why not, and what a log may add to it."""
    if isinstance(verdict, Refused):
        return verdict.reason, ""
    if not requirement:
        return None, ""
    asked = _asked(requirement)
    if isinstance(asked, str):
        return Refusal.MALFORMED_REQUIREMENT, asked
    met = requirement in verdict.held.met or asked.met_by(verdict.held)
    return (None, "") if met else (Refusal.INSUFFICIENT_SCOPE, requirement)


def _asks_much(verdict: Verdict | Unverified, requirement: str) -> bool:
    """Whether it takes long to tell if a good token meets it. Not where that was told: gateways ask the same again."""
    if not (requirement and isinstance(verdict, Accepted)):
        return False
    asked = _asked(requirement)
    if isinstance(asked, str) or asked.steps * len(verdict.held.held) <= _FEW_STEPS:
        return False
    return requirement not in verdict.held.met


def _asked(requirement: str) -> Requirement | str:
    # What is too long for one is not kept either.
    return _understood(requirement) if len(requirement) <= MAX_REQUIREMENT_BYTES else _TOO_LONG


@lru_cache(_DIFFERENT_REQUIREMENTS)
def _understood(requirement: str) -> Requirement | str:
    """The requirement, or what is wrong with it."""
    try:
        return parse_requirement(requirement)
    except RequirementError as error:
        return str(error)
