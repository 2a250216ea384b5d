"""A gateway's requirement beside the verdict on the token. Parsed texts are kept: gateways repeat them."""

from functools import lru_cache

from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.requirements import MAX_REQUIREMENT_BYTES, Requirement, parse_requirement
from pharia_access.errors import RequirementError
from pharia_access.services.verifier.verifier import Allowed, AuthorizationResult, Denied

__all__ = ["is_costly", "judged"]

_MAX_PARSED_REQUIREMENTS = 1024
"""Parsed requirements to keep. Gateways' configurations name them, so there are few."""
_MAX_INLINE_STEPS = 64
"""Comparisons of names and fields, over all effective roles, that one check may cost: some thirty microseconds."""
_TOO_LONG = f"longer than {MAX_REQUIREMENT_BYTES} bytes"


def judged(requirement: str, verdict: AuthorizationResult) -> AuthorizationResult:
    """Add the gateway's requirement to the verdict on the token."""
    if not requirement or isinstance(verdict, Denied):
        return verdict
    parsed, roles = _parsed(requirement), verdict.effective_roles
    if isinstance(parsed, str):
        return Denied(Refusal.MALFORMED_REQUIREMENT, verdict.token, parsed)
    if requirement in roles.met or parsed.met_by(roles):
        return verdict
    return Denied(Refusal.INSUFFICIENT_SCOPE, verdict.token, requirement)


def is_costly(allowed: Allowed, requirement: str) -> bool:
    """Tell whether the requirement takes many steps for this token. False where the answer is remembered."""
    if not requirement:
        return False
    parsed, roles = _parsed(requirement), allowed.effective_roles
    return (
        isinstance(parsed, Requirement)
        and parsed.steps * len(roles.resolved) > _MAX_INLINE_STEPS
        and requirement not in roles.met
    )


def _parsed(requirement: str) -> Requirement | str:
    # The cache must not keep a text that is too long for a requirement.
    return _parse(requirement) if len(requirement) <= MAX_REQUIREMENT_BYTES else _TOO_LONG


@lru_cache(_MAX_PARSED_REQUIREMENTS)
def _parse(requirement: str) -> Requirement | str:
    """Return the requirement, or the error in its text."""
    try:
        return parse_requirement(requirement)
    except RequirementError as error:
        return str(error)
