"""Holders of a credential: ServiceAccounts whose pods need no token, added and taken away."""

import asyncio
from collections.abc import Awaitable, Collection
from dataclasses import dataclass, replace

from pharia_access.domain.administration.impact import refused_holders
from pharia_access.domain.administration.next_steps import CreateAccount
from pharia_access.domain.administration.stored import Json, Right, Stored
from pharia_access.domain.administration.summaries import CredentialSummary
from pharia_access.domain.grammar import plural
from pharia_access.domain.model import ObjectKey
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.credentials import ChangePlan
from pharia_access.services.administration.guards import git_warnings, require_mint_right, require_right
from pharia_access.services.administration.plans import BlockedError

__all__ = ["HolderObstacles", "obstacles", "plan_addition", "plan_removal"]

_FIELD = "serviceAccounts"


@dataclass(frozen=True, slots=True)
class HolderObstacles:
    """Which right whoever asks lacks to add a holder, and to take one away; None where nothing is lacking."""

    addition: BlockedError | None = None
    removal: BlockedError | None = None


async def obstacles(context: Context, name: str) -> HolderObstacles:
    """Ask for the rights before a person is offered anything."""
    change, mint = await asyncio.gather(
        _lacking(_require_change(context, name)), _lacking(require_mint_right(context, name))
    )
    return HolderObstacles(addition=change or mint, removal=change)


async def plan_addition(context: Context, name: str, accounts: Collection[str], *, force: bool = False) -> ChangePlan:
    """Plan to let ServiceAccounts of the namespace hold the credential. Raises BlockedError."""
    stored = await context.objects.read(CredentialSummary, ObjectKey(context.namespace, name))
    held = _holders(stored)
    added = [account for account in dict.fromkeys(accounts) if account not in {entry["name"] for entry in held}]
    if not added:
        return ChangePlan(
            credential=stored, spec={}, notes=(f"{_named(accounts)} already hold{_s(accounts)} credential {name}",)
        )
    await require_mint_right(context, name)
    plan = await _change(context, stored, [*held, *({"name": account} for account in added)], force=force)
    return await _warned_of_missing(context, plan, [ObjectKey(context.namespace, account) for account in added])


async def plan_removal(context: Context, name: str, accounts: Collection[str], *, force: bool = False) -> ChangePlan:
    """Plan to take the credential away from ServiceAccounts. Raises BlockedError."""
    stored = await context.objects.read(CredentialSummary, ObjectKey(context.namespace, name))
    kept = [entry for entry in _holders(stored) if entry["name"] not in accounts]
    if len(kept) == len(_holders(stored)):
        return ChangePlan(credential=stored, spec={}, notes=(f"{_named(accounts)} did not hold credential {name}",))
    refused = refused_holders(stored.summary, context.clock.now(), accounts)
    return await _change(context, stored, kept, force=force, consequences=tuple(refused))


async def _warned_of_missing(context: Context, plan: ChangePlan, accounts: list[ObjectKey]) -> ChangePlan:
    """Warn of those that are not there: a mistyped name would say so only by refusing its pods."""
    there = await asyncio.gather(*map(context.objects.has_account, accounts))
    missing = [account for account, known in zip(accounts, there, strict=True) if known is False]
    credential = plan.credential.summary.key.name
    told = (
        f"There is no ServiceAccount {account.name} in namespace {account.namespace}: its pods hold {credential} "
        "once somebody creates it."
        for account in missing
    )
    return replace(plan, warnings=(*plan.warnings, *told), next_steps=tuple(map(CreateAccount, missing)))


async def _change(
    context: Context,
    stored: Stored[CredentialSummary],
    holders: list[Json],
    *,
    force: bool,
    consequences: tuple[str, ...] = (),
) -> ChangePlan:
    await _require_change(context, stored.summary.key.name)
    spec = {_FIELD: holders}
    return ChangePlan(
        credential=stored,
        spec=spec,
        warnings=git_warnings(stored, spec, force=force),
        consequences=consequences,
        question="Take the credential away from them?" if consequences else "",
    )


async def _require_change(context: Context, name: str) -> None:
    await require_right(context, Right("patch", "apicredentials", name), f"change the credential {name}")


async def _lacking(asked: Awaitable[None]) -> BlockedError | None:
    try:
        await asked
    except BlockedError as error:
        return error
    return None


def _holders(stored: Stored[CredentialSummary]) -> list[Json]:
    return list(stored.body["spec"].get(_FIELD) or ())


def _s(accounts: Collection[str]) -> str:
    return "s" if len(accounts) == 1 else ""


def _named(accounts: Collection[str]) -> str:
    return f"{plural(len(accounts), 'ServiceAccount')} {', '.join(accounts)}"
