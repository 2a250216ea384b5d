"""Holders of a credential: ServiceAccounts whose pods need no token, added and taken away."""

from collections.abc import Collection

from pharia_access.domain.administration.impact import affected_holders
from pharia_access.domain.administration.stored import Json, Right, Stored
from pharia_access.domain.administration.summaries import CredentialSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.credentials import ChangePlan
from pharia_access.services.administration.guards import git_warnings, require_mint_right, require_right

__all__ = ["plan_addition", "plan_removal"]

_FIELD = "serviceAccounts"


async def plan_addition(context: Context, name: str, accounts: Collection[str], *, force: bool = False) -> ChangePlan:
    """Plan to let ServiceAccounts of the namespace hold the credential. Raises BlockedError."""
    stored = await context.objects.read(CredentialSummary, ObjectKey(context.namespace, name))
    held = _holders(stored)
    added = [account for account in dict.fromkeys(accounts) if account not in {entry["name"] for entry in held}]
    if not added:
        return ChangePlan(
            credential=stored, spec={}, notes=(f"{', '.join(accounts)} already hold{_s(accounts)} {name}",)
        )
    await require_mint_right(context, name)
    return await _change(context, stored, [*held, *({"name": account} for account in added)], force=force)


async def plan_removal(context: Context, name: str, accounts: Collection[str], *, force: bool = False) -> ChangePlan:
    """Plan to take the credential away from ServiceAccounts. Raises BlockedError."""
    stored = await context.objects.read(CredentialSummary, ObjectKey(context.namespace, name))
    kept = [entry for entry in _holders(stored) if entry["name"] not in accounts]
    if len(kept) == len(_holders(stored)):
        return ChangePlan(credential=stored, spec={}, notes=(f"{', '.join(accounts)} did not hold {name}",))
    gone = f"The pods of {', '.join(accounts)} will be refused immediately."
    affected = affected_holders(stored.summary, context.clock.now(), accounts)
    return await _change(context, stored, kept, force=force, consequences=(gone, *affected))


async def _change(
    context: Context,
    stored: Stored[CredentialSummary],
    holders: list[Json],
    *,
    force: bool,
    consequences: tuple[str, ...] = (),
) -> ChangePlan:
    name = stored.summary.key.name
    await require_right(context, Right("patch", "apicredentials", name), f"change the credential {name}")
    spec = {_FIELD: holders}
    return ChangePlan(
        credential=stored,
        spec=spec,
        warnings=git_warnings(stored, spec, force=force),
        consequences=consequences,
        question="Take the credential away from them?" if consequences else "",
    )


def _holders(stored: Stored[CredentialSummary]) -> list[Json]:
    return list(stored.body["spec"].get(_FIELD) or ())


def _s(accounts: Collection[str]) -> str:
    return "s" if len(accounts) == 1 else ""
