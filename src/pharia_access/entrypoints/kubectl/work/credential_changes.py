"""Credentials, created and changed."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, Final

from pharia_access.bootstrap.cli import CliSession
from pharia_access.domain.administration.impact import affected_users
from pharia_access.domain.administration.lifetime_input import format_length
from pharia_access.domain.administration.role_changes import RoleChange, role_change
from pharia_access.domain.administration.summaries import RoleSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.work.gathering import catalog_of, role_index, tokens_of
from pharia_access.entrypoints.kubectl.work.guards import (
    require_grantable,
    require_known,
    require_not_in_git,
    require_object_not_in_git,
)
from pharia_access.entrypoints.kubectl.work.outcome import print_result, tell_deletion
from pharia_access.entrypoints.kubectl.work.terminal import (
    RefusedError,
    confirm,
    is_terminal,
    say,
    select,
    warn,
)
from pharia_access.errors import ConflictError
from pharia_access.kube.administration.summaries import credential_summary
from pharia_access.kube.manifests import API_VERSION

__all__ = ["create", "delete", "edit", "resume", "suspend"]

MOST_TRIES = 5
"""While people are asked, and after every change of its tokens, the operator writes a credential's status."""

_USUAL_LIFE: Final = timedelta(days=90)

Json = dict[str, Any]
Replaced = Callable[[tuple[str, ...]], Iterable[str]]
"""From a credential's roles to those it is to have."""


async def create(session: CliSession, choices: CliOptions, name: str, roles: tuple[str, ...], spec: Json) -> None:
    """Create one; without roles a person chooses."""
    if not roles and not is_terminal():
        msg = "A credential needs a role: name it by --role"
        raise RefusedError(msg, "See: kubectl access role list")
    catalog = await catalog_of(session)
    wanted = roles or _selected(catalog, session.namespace)
    require_known(wanted, role_index(catalog), namespace=session.namespace)
    await require_grantable(session, wanted)
    body = {
        "apiVersion": API_VERSION,
        "kind": "ApiCredential",
        "metadata": {"name": name, "namespace": session.namespace},
        "spec": {"roles": list(dict.fromkeys(wanted)), **spec},
    }
    created = await session.objects.create(body)
    print_result(choices, created, "created")
    if not choices.dry_run:
        life = min(_USUAL_LIFE, credential_summary(created).longest_life or _USUAL_LIFE)
        say(f"Next: kubectl access token create {name} --expires {format_length(life)} {session.here}")


def _selected(catalog: list[RoleSummary], namespace: str) -> tuple[str, ...]:
    held = [role for role in catalog if role.role and role.role.allows(namespace)]
    return select("Which roles", [(role.name, role.description) for role in held])


async def edit(session: CliSession, choices: CliOptions, name: str, spec: Json, replaced: Replaced | None) -> None:
    """Change fields of its spec, and its roles where `replaced` says how."""
    body = await session.objects.read("ApiCredential", ObjectKey(session.namespace, name))
    before = credential_summary(body).roles
    change = role_change(before, before if replaced is None else replaced(before))
    patch = {**spec, **({"roles": list(change.roles)} if change else {})}
    if not patch:
        say(f"credential {name} has these roles already: {', '.join(before)}")
        return
    require_not_in_git(choices, body, patch)
    if change:
        await _consider(session, choices, name, change)
    print_result(choices, await _patched(session, body, patch), "changed")


async def _consider(session: CliSession, choices: CliOptions, name: str, change: RoleChange) -> None:
    """Refuse what would grant nothing; tell whom it affects; ask before something is taken away."""
    if not change.roles:
        msg = "A credential needs a role"
        raise RefusedError(msg, f"To stop all its tokens: kubectl access credential suspend {name} {session.here}")
    require_known(change.added, role_index(await catalog_of(session)), namespace=session.namespace)
    await require_grantable(session, change.added)
    tokens = await tokens_of(session, name)
    active = sum(token.active for token in tokens)
    everyone = f"This changes what all tokens of {name} may do, at once ({active} active): {change}"
    if change.removed:
        confirm(choices, [everyone, *affected_users(tokens, session.clock.now())], "Change the roles?")
    elif active:
        warn(everyone)


async def suspend(session: CliSession, choices: CliOptions, name: str) -> None:
    """Let none of its tokens pass."""
    await _set_suspended(session, choices, name, suspended=True)


async def resume(session: CliSession, choices: CliOptions, name: str) -> None:
    """Let them pass again."""
    await _set_suspended(session, choices, name, suspended=False)


async def _set_suspended(session: CliSession, choices: CliOptions, name: str, *, suspended: bool) -> None:
    body = await session.objects.read("ApiCredential", ObjectKey(session.namespace, name))
    if credential_summary(body).suspended == suspended:
        say(f"credential {name} is {'suspended already' if suspended else 'not suspended'}")
        return
    require_not_in_git(choices, body, ["suspended"])
    if suspended:
        affected = affected_users(await tokens_of(session, name), session.clock.now())
        confirm(choices, [f"No token of {name} will be accepted until it is resumed.", *affected], "Suspend it?")
    print_result(
        choices, await _patched(session, body, {"suspended": suspended}), "suspended" if suspended else "resumed"
    )


async def delete(session: CliSession, choices: CliOptions, name: str) -> None:
    """Delete it, and so its tokens."""
    key = ObjectKey(session.namespace, name)
    body = await session.objects.read("ApiCredential", key)
    require_object_not_in_git(choices, body)
    tokens = await tokens_of(session, name)
    its = {0: ", which has no tokens,", 1: " and its token"}.get(len(tokens), f" and its {len(tokens)} tokens")
    gone = f"The credential {name}{its} will be deleted for good."
    confirm(choices, [gone, *affected_users(tokens, session.clock.now())], "Delete for good?")
    tell_deletion(choices, body, await session.objects.delete("ApiCredential", key, body["metadata"]["uid"]))


async def _patched(session: CliSession, body: Json, spec: Json) -> Json:
    """Change what was read. Raises ConflictError if somebody changed it since; a status that was written is no harm."""
    for _ in range(MOST_TRIES - 1):
        try:
            return await _patched_once(session, body, spec)
        except ConflictError:
            now = await session.objects.read("ApiCredential", ObjectKey(session.namespace, body["metadata"]["name"]))
            if _said_by_people(now) != _said_by_people(body):
                raise
            body = now
    return await _patched_once(session, body, spec)


async def _patched_once(session: CliSession, body: Json, spec: Json) -> Json:
    metadata = body["metadata"]
    patch = {"metadata": {"resourceVersion": metadata["resourceVersion"]}, "spec": spec}
    return await session.objects.patch("ApiCredential", ObjectKey(metadata["namespace"], metadata["name"]), patch)


def _said_by_people(body: Json) -> list[Any]:
    metadata = body["metadata"]
    return [body["spec"], *(metadata.get(name) for name in ("uid", "labels", "annotations", "deletionTimestamp"))]
