"""What is asked before a change, for it to be told in our words before the API server refuses it, or Git undoes it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pharia_access.bootstrap.cli import CliSession
from pharia_access.domain.administration.gitops import declared_by, field_declared_by
from pharia_access.domain.administration.role_changes import role_problems
from pharia_access.domain.permissions import Role
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.work.outcome import label
from pharia_access.entrypoints.kubectl.work.terminal import RefusedError, warn
from pharia_access.kube.administration.objects import Right

__all__ = ["require_grantable", "require_known", "require_not_in_git", "require_object_not_in_git"]

Body = Mapping[str, Any]


def require_known(roles: Iterable[str], catalog: Mapping[str, Role], *, namespace: str) -> None:
    """Raise RefusedError for roles that the catalog does not have, or not for this namespace."""
    if against := role_problems(roles, catalog, namespace=namespace):
        raise RefusedError(" ".join(against), "See: kubectl access role list")


async def require_grantable(session: CliSession, roles: Sequence[str]) -> None:
    """Raise RefusedError for roles that whoever asks may not grant (the verb `bind`)."""
    rights = [Right("bind", "apiroles", role) for role in roles]
    answers = await asyncio.gather(*(session.objects.may(right, session.namespace) for right in rights))
    lacking = [role for role, allowed in zip(roles, answers, strict=True) if not allowed]
    if lacking:
        needed = ", ".join(f"apiroles.access.pharia.ai/{role}" for role in lacking)
        msg = f"You may not grant {', '.join(lacking)} in namespace {session.namespace}"
        raise RefusedError(msg, f"This needs the verb bind on {needed}: ask an administrator of roles for it.")


def require_not_in_git(choices: CliOptions, body: Body, fields: Iterable[str]) -> None:
    """Raise RefusedError where Git declares one of these fields of spec, unless forced."""
    for field in fields:
        if by := field_declared_by(body, field):
            _stop(choices, f"spec.{field} of {label(body)} is declared in Git (by {by}), which may put it back")


def require_object_not_in_git(choices: CliOptions, body: Body) -> None:
    """Raise RefusedError where Git declares the object, unless forced: deleted, it would come back as another."""
    if by := declared_by(body):
        _stop(choices, f"{label(body)} is declared in Git (by {by}), which would make it anew")


def _stop(choices: CliOptions, why: str) -> None:
    if not choices.force:
        raise RefusedError(why, "Change it in Git, or repeat the command with --force.")
    warn(f"{why}.")
