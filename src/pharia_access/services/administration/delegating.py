"""The operator, allowed to mint for WorkloadTokens: in a whole namespace, or under one credential."""

from dataclasses import dataclass
from typing import Final, Protocol

from pharia_access.domain.administration.delegation import Delegation, Outcome
from pharia_access.domain.administration.next_steps import AskForRight
from pharia_access.domain.administration.stored import Json
from pharia_access.errors import ForbiddenError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.plans import BlockedError, Plan

__all__ = ["DelegationPlan", "Delegations", "delegate", "plan_delegation"]

_ESCALATES: Final = "attempting to grant RBAC permissions not currently held"
"""The API server's words (kubernetes, pkg/registry/rbac/escalation_check.go)."""


class Delegations(Protocol):
    """RBAC's objects, with the rights of whoever asks."""

    def objects(self, delegation: Delegation) -> list[Json]:
        """Return what is to be written, in that order."""
        ...

    async def write(self, body: Json) -> Outcome:
        """Create one, or see whether it is there. Raises ForbiddenError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationPlan(Plan):
    """What is to be written, and why."""

    delegation: Delegation
    objects: tuple[Json, ...]


def plan_delegation(delegations: Delegations, delegation: Delegation) -> DelegationPlan:
    """Plan it. Nothing is asked of the cluster: what stands in the way is told when it is carried out."""
    under = f"the credential {delegation.credential}" if delegation.credential else "every credential"
    told = f"The operator ({delegation.operator}) may mint tokens under {under} in namespace {delegation.namespace}."
    objects = tuple(delegations.objects(delegation))
    return DelegationPlan(delegation=delegation, objects=objects, warnings=(told,))


async def delegate(context: Context, delegations: Delegations, plan: DelegationPlan) -> list[tuple[str, Outcome]]:
    """Write it; each object with what became of it. Raises BlockedError, where one says something else, or by RBAC."""
    done: list[tuple[str, Outcome]] = []
    for body in plan.objects:
        label = f"{body['kind'].lower()} {body['metadata']['name']}"
        outcome = await _written(delegations, body, plan.delegation)
        if outcome is Outcome.OTHER:
            msg = f"Another {label} is there already in namespace {context.namespace}, and says something else"
            raise BlockedError(msg)
        done.append((label, outcome))
    return done


async def _written(delegations: Delegations, body: Json, delegation: Delegation) -> Outcome:
    try:
        return await delegations.write(body)
    except ForbiddenError as error:
        if _ESCALATES not in error.server_message:
            raise
        msg = f"You may not pass on the right to mint in namespace {delegation.namespace}: you do not hold it yourself"
        resource = "apicredentials.access.pharia.ai/token"
        raise BlockedError(msg, AskForRight("create", (resource,), "an administrator of the namespace")) from error
