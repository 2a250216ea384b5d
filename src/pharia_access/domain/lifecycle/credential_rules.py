"""Decide an ApiCredential's status: which roles resolve, and how many tokens the credential has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pharia_access.domain.api_values import EventMessage
from pharia_access.domain.conditions import Condition, find, with_condition, without
from pharia_access.domain.deletions import being_deleted, foreign
from pharia_access.domain.grammar import counted
from pharia_access.domain.model import Credential, CredentialStatus, Reason, TokenCounts
from pharia_access.domain.permissions import EffectiveRoles, Role, effective
from pharia_access.domain.times import whole_seconds

__all__ = ["decide", "notices"]

_MOST_SHOWN: Final = 3  # as kubectl shows endpoints; with names of 63 characters it fits the CRD's bound


@dataclass(frozen=True, slots=True)
class _Verdict:
    ready: bool
    reason: Reason
    message: str
    stalled: bool = False


def decide(
    credential: Credential, *, catalog: Mapping[str, Role], counts: TokenCounts, now: datetime
) -> CredentialStatus | None:
    """Return the status to write, or None if the current status is up to date."""
    roles = effective(credential.roles, catalog, namespace=credential.key.namespace)
    verdict = next(answer for rule in _RULES if (answer := rule(credential, roles)) is not None)
    status = replace(
        credential.status,
        observed_generation=credential.generation,
        tokens=counts,
        roles_summary=_summary(credential.roles),
    )
    status = _with(status, _condition(credential, "Ready", verdict, now))
    status = (
        _with(status, _condition(credential, "Stalled", replace(verdict, ready=True), now))
        if verdict.stalled
        else replace(status, conditions=without(status.conditions, "Stalled"))
    )
    return None if status == credential.status else status


def notices(credential: Credential, new: CredentialStatus) -> tuple[EventMessage, ...]:
    """Return an Event if the reason of Ready changed to one that people should know."""
    before, after = find(credential.status.conditions, "Ready"), find(new.conditions, "Ready")
    if after is None or after.reason == (None if before is None else before.reason):
        return ()
    if before is None and after.reason == Reason.ALL_ROLES_RESOLVE:
        return ()
    if after.reason == Reason.DELETING and not foreign(credential.finalizers):
        return ()
    return (
        EventMessage(
            kind="ApiCredential",
            key=credential.key,
            uid=credential.uid,
            reason=after.reason,
            message=after.message,
            warning=after.status != "True",
        ),
    )


def _deleting(credential: Credential, _roles: EffectiveRoles) -> _Verdict | None:
    if not credential.deleting:
        return None
    stands = being_deleted(credential.finalizers)
    message = f"The ApiCredential is being deleted: its tokens are refused, and no token is minted. {stands}"
    return _Verdict(ready=False, reason=Reason.DELETING, message=message)


def _unknown_roles(credential: Credential, roles: EffectiveRoles) -> _Verdict | None:
    """Wait instead of stalling: the same commit may create the roles."""
    if not roles.unknown:
        return None
    problems = [f"ApiRole not found: {', '.join(roles.unknown)}."]
    cures = ["Correct spec.roles, or create the ApiRole."]
    if roles.not_allowed:
        problems.append(_not_allowed(credential, roles))
        cures.append(_ask_for(credential))
    return _Verdict(ready=False, reason=Reason.UNKNOWN_ROLES, message=_message(problems, roles, cures))


def _roles_not_allowed(credential: Credential, roles: EffectiveRoles) -> _Verdict | None:
    if not roles.not_allowed:
        return None
    message = _message([_not_allowed(credential, roles)], roles, [_ask_for(credential)])
    return _Verdict(ready=False, reason=Reason.ROLES_NOT_ALLOWED, message=message, stalled=True)


def _not_allowed(credential: Credential, roles: EffectiveRoles) -> str:
    return f"ApiRole not allowed in namespace {credential.key.namespace}: {', '.join(roles.not_allowed)}."


def _ask_for(credential: Credential) -> str:
    return f"Ask an administrator to add {credential.key.namespace} to spec.allowedNamespaces of the ApiRole."


def _message(problems: Sequence[str], roles: EffectiveRoles, cures: Sequence[str]) -> str:
    """Join sentences: what is wrong, then what holds in spite of it, then what to do."""
    others = "The other roles apply." if roles.roles else "No role applies."
    return " ".join([*problems, others, *cures])


def _suspended(credential: Credential, _roles: EffectiveRoles) -> _Verdict | None:
    if not credential.suspended:
        return None
    message = "The ApiCredential is suspended: its tokens are refused. To resume, set spec.suspended to false."
    return _Verdict(ready=True, reason=Reason.SUSPENDED, message=message)


def _fine(_credential: Credential, roles: EffectiveRoles) -> _Verdict | None:
    permissions, names = counted(len(roles.permissions), "permission"), counted(len(roles.roles), "role")
    message = f"All roles resolve: {permissions} from {names}."
    return _Verdict(ready=True, reason=Reason.ALL_ROLES_RESOLVE, message=message)


_RULES = (_deleting, _unknown_roles, _roles_not_allowed, _suspended, _fine)


def _summary(roles: Sequence[str]) -> str:
    """Return roles as kubectl prints a list in a column: of many the first ones, and how many more."""
    shown, more = ",".join(roles[:_MOST_SHOWN]), len(roles) - _MOST_SHOWN
    return f"{shown} + {more} more..." if more > 0 else shown


def _condition(credential: Credential, name: str, verdict: _Verdict, now: datetime) -> Condition:
    return Condition(
        type=name,
        status="True" if verdict.ready else "False",
        reason=verdict.reason,
        message=verdict.message,
        observed_generation=credential.generation,
        last_transition_time=whole_seconds(now),
    )


def _with(status: CredentialStatus, condition: Condition) -> CredentialStatus:
    return replace(status, conditions=with_condition(status.conditions, condition))
