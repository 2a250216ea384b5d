"""What is asked before a change, for it to be told in our words before the API server refuses it, or Git undoes it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pharia_access.domain.administration.git_change import GitChange
from pharia_access.domain.administration.gitops import declared_by, field_declared_by
from pharia_access.domain.administration.next_steps import AskForRight, ChangeInGit, ListRoles
from pharia_access.domain.administration.role_changes import role_problems
from pharia_access.domain.administration.stored import Json, Right, Stored
from pharia_access.domain.administration.summaries import CredentialSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.permissions import Role
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.plans import BlockedError

__all__ = [
    "git_change",
    "git_removal",
    "git_warnings",
    "git_warnings_of_object",
    "require_grantable",
    "require_known",
    "require_mint_right",
    "require_mintable",
    "require_readable",
    "require_right",
]


def require_known(roles: Iterable[str], catalog: Mapping[str, Role], *, namespace: str) -> None:
    """Raise BlockedError for roles that the catalog does not have, or not for this namespace."""
    if problems := role_problems(roles, catalog, namespace=namespace):
        raise BlockedError(" ".join(problems), ListRoles())


async def require_grantable(context: Context, roles: Sequence[str]) -> None:
    """Raise BlockedError for roles that whoever asks may not grant (the verb `bind`)."""
    rights = [Right("bind", "apiroles", role) for role in roles]
    answers = await asyncio.gather(*(context.objects.may(right, context.namespace) for right in rights))
    lacking = [role for role, allowed in zip(roles, answers, strict=True) if not allowed]
    if lacking:
        msg = f"You may not grant {', '.join(lacking)} in namespace {context.namespace}"
        resources = tuple(f"apiroles.access.pharia.ai/{role}" for role in lacking)
        raise BlockedError(msg, AskForRight("bind", resources, "an administrator of roles"))


async def require_mintable(context: Context, name: str) -> CredentialSummary:
    """The credential, which must be there. Raises BlockedError where minting under it is not allowed."""
    stored = await context.objects.read(CredentialSummary, ObjectKey(context.namespace, name))
    await require_mint_right(context, name)
    return stored.summary


async def require_mint_right(context: Context, name: str) -> None:
    """Raise BlockedError where minting under the credential is not allowed."""
    right = Right("create", "apicredentials", name, "token")
    if not await context.objects.may(right, context.namespace):
        msg = f"You may not mint tokens under {name} in namespace {context.namespace}"
        whom = "an administrator of the namespace"
        raise BlockedError(msg, AskForRight("create", ("apicredentials.access.pharia.ai/token",), whom))


async def require_readable(context: Context, token: ObjectKey) -> None:
    """Raise BlockedError if whoever asks may not read the one-time Secret: the token would be made for nobody."""
    name = f"{token.name}-token"
    if not await context.objects.may(Right("get", "secrets", name, core=True), token.namespace):
        msg = f"You may not read the Secret {name} in namespace {token.namespace}, in which the token would come"
        raise BlockedError(msg, AskForRight("get", (f"secrets/{name}",), "an administrator of the namespace"))


async def require_right(context: Context, right: Right, what: str) -> None:
    """Raise BlockedError if whoever asks has not this right, before anything is asked of them."""
    if not await context.objects.may(right, context.namespace):
        msg = f"You may not {what} in namespace {context.namespace}"
        raise BlockedError(msg, AskForRight(right.verb, (f"{right.resource}.access.pharia.ai",)))


def git_change(stored: Stored[Any], fields: Json) -> GitChange | None:
    """What Git would have to say if these fields became that; None where it declares none of them."""
    declared = {field: value for field, value in fields.items() if field_declared_by(stored.body, field)}
    return replace(_in_git(stored), spec=declared) if declared else None


def git_removal(stored: Stored[Any]) -> GitChange | None:
    """What has to go from Git with the object; None where Git does not declare it."""
    return _in_git(stored) if declared_by(stored.body) else None


def git_warnings(stored: Stored[Any], fields: Json, *, force: bool) -> tuple[str, ...]:
    """Sentences on fields of the spec that Git declares. Raises BlockedError for the first one unless forced."""
    declared = ((field, field_declared_by(stored.body, field)) for field in fields)
    told = (
        f"spec.{field} of {stored.label} is declared in Git (by {by}), which may revert the change"
        for field, by in declared
        if by
    )
    return tuple(_insisted(why, git_change(stored, fields), force=force) for why in told)


def git_warnings_of_object(stored: Stored[Any], *, force: bool) -> tuple[str, ...]:
    """The same on an object that is to be deleted: Git would make another."""
    by = declared_by(stored.body)
    why = f"{stored.label} is declared in Git (by {by}), which would create it again"
    return (_insisted(why, git_removal(stored), force=force),) if by else ()


def _in_git(stored: Stored[Any]) -> GitChange:
    body = stored.body
    key = ObjectKey(body["metadata"]["namespace"], body["metadata"]["name"])
    return GitChange(str(body.get("apiVersion", "")), str(body.get("kind", "")), key)


def _insisted(why: str, change: GitChange | None, *, force: bool) -> str:
    if not force:
        raise BlockedError(why, ChangeInGit(change))
    return f"{why}."
