"""Decide an ApiCredential's status: which roles resolve, and how many tokens the credential has."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pharia_access.domain.api_values import EventMessage
from pharia_access.domain.conditions import Condition, find, with_condition, without
from pharia_access.domain.deletions import being_deleted, foreign
from pharia_access.domain.grammar import counted
from pharia_access.domain.model import Credential, CredentialStatus, Reason, TokenCounts
from pharia_access.domain.permissions import EffectiveRoles, Role, effective
from pharia_access.domain.times import whole_seconds

__all__ = ["decide", "notices"]


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
    status = replace(credential.status, observed_generation=credential.generation, tokens=counts)
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


def _unknown_roles(_credential: Credential, roles: EffectiveRoles) -> _Verdict | None:
    """Wait instead of stalling: the same commit may create the roles."""
    if not roles.unknown:
        return None
    names = ", ".join(roles.unknown)
    return _Verdict(
        ready=False,
        reason=Reason.UNKNOWN_ROLES,
        message=f"ApiRole not found: {names}. The other roles apply. Correct spec.roles, or create the ApiRole.",
    )


def _roles_not_allowed(credential: Credential, roles: EffectiveRoles) -> _Verdict | None:
    if not roles.not_allowed:
        return None
    names, namespace = ", ".join(roles.not_allowed), credential.key.namespace
    return _Verdict(
        ready=False,
        reason=Reason.ROLES_NOT_ALLOWED,
        message=f"ApiRole not allowed in namespace {namespace}: {names}. The other roles apply. "
        f"Ask an administrator to add {namespace} to spec.allowedNamespaces of the ApiRole.",
        stalled=True,
    )


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
