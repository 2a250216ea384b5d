"""A gateway's requirement beside the verdict on the token. Parsed texts are kept: gateways repeat them.

A requirement with a header's value in it comes parsed, and is not kept: a client may choose the value.
"""

from functools import lru_cache

from pharia_access.domain.verdict import Refusal
from pharia_access.domain.verification.requirement_headers import Asked, BoundRequirement, UnusableHeader
from pharia_access.domain.verification.requirements import MAX_REQUIREMENT_BYTES, Requirement, parse_requirement
from pharia_access.errors import RequirementError
from pharia_access.services.verifier.verifier import Allowed, AuthorizationResult, Denied

__all__ = ["is_costly", "judged", "remember_met"]

_MAX_PARSED_REQUIREMENTS = 1024
"""Parsed requirements to keep. Gateways' configurations name them, so there are few."""
_MAX_INLINE_STEPS = 64
"""Comparisons of names and fields, over all effective roles, that one check may cost: some thirty microseconds."""
_TOO_LONG = f"longer than {MAX_REQUIREMENT_BYTES} bytes"


def judged(requirement: Asked, verdict: AuthorizationResult) -> AuthorizationResult:
    """Add the gateway's requirement to the verdict on the token."""
    if not requirement or isinstance(verdict, Denied):
        return verdict
    if isinstance(requirement, UnusableHeader):
        return Denied(Refusal.UNUSABLE_HEADER, verdict.token, requirement.why)
    parsed, text, roles = _parsed(requirement), _text(requirement), verdict.effective_roles
    if isinstance(parsed, str):
        return Denied(Refusal.MALFORMED_REQUIREMENT, verdict.token, parsed)
    if text in roles.met or parsed.met_by(roles):
        return verdict
    return Denied(Refusal.INSUFFICIENT_SCOPE, verdict.token, text)


def is_costly(allowed: Allowed, requirement: Asked) -> bool:
    """Tell whether the requirement takes many steps for this token. False where the answer is remembered."""
    if not requirement or isinstance(requirement, UnusableHeader):
        return False
    parsed, roles = _parsed(requirement), allowed.effective_roles
    return (
        isinstance(parsed, Requirement)
        and parsed.steps * len(roles.resolved) > _MAX_INLINE_STEPS
        and _text(requirement) not in roles.met
    )


def remember_met(allowed: Allowed, requirement: Asked) -> None:
    """Remember that the token's credential meets the requirement."""
    if not isinstance(requirement, UnusableHeader):
        allowed.effective_roles.remember_met(_text(requirement))


def _text(requirement: str | BoundRequirement) -> str:
    return requirement if isinstance(requirement, str) else requirement.text


def _parsed(requirement: str | BoundRequirement) -> Requirement | str:
    if isinstance(requirement, BoundRequirement):
        return requirement.requirement
    # The cache must not keep a text that is too long for a requirement.
    return _parse(requirement) if len(requirement) <= MAX_REQUIREMENT_BYTES else _TOO_LONG


@lru_cache(_MAX_PARSED_REQUIREMENTS)
def _parse(requirement: str) -> Requirement | str:
    """Return the requirement, or the error in its text."""
    try:
        return parse_requirement(requirement)
    except RequirementError as error:
        return str(error)
