"""Tokens, ended: by name, or by the text of one that leaked; at once, or in a while."""

from datetime import datetime, timedelta
from typing import Any

from pharia_access.bootstrap.cli import CliSession
from pharia_access.domain.administration.impact import last_use
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.administration.token_rotation import is_later
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import format_time
from pharia_access.domain.token import TokenText
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.work.emptiness import require_namespace
from pharia_access.entrypoints.kubectl.work.guards import require_not_in_git, require_object_not_in_git
from pharia_access.entrypoints.kubectl.work.judging import judged_tokens, phase_of, usable
from pharia_access.entrypoints.kubectl.work.listing import list_all
from pharia_access.entrypoints.kubectl.work.outcome import print_result, tell_deletion
from pharia_access.entrypoints.kubectl.work.render import moment, print_fields, print_objects, until
from pharia_access.entrypoints.kubectl.work.terminal import RefusedError, confirm, say, warn
from pharia_access.errors import ForbiddenError
from pharia_access.kube.administration.summaries import token_summary

__all__ = ["bring_forward", "delete", "expire", "revoke", "revoke_leaked", "whois"]

Json = dict[str, Any]


async def revoke(session: CliSession, choices: CliOptions, names: tuple[str, ...]) -> None:
    """Revoke tokens for good."""
    await _revoke(session, choices, await _named(session, names))


async def expire(session: CliSession, choices: CliOptions, names: tuple[str, ...], left: timedelta) -> None:
    """Let tokens end that much later from now, where they do not end earlier by themselves."""
    end = session.clock.now() + left
    bodies = await _named(session, names)
    later = [body for body in bodies if is_later(token_summary(body), end)]
    for token in (token_summary(body) for body in bodies if body not in later):
        say(f"token {token.key.name} ends at {moment(token.ends)} already")
    for body in later:
        require_not_in_git(choices, body, ["expiresAt"])
    if later:
        told = [_end_of(session, token_summary(body), f"over on {moment(end)},") for body in later]
        confirm(choices, told, "Bring the end forward?")
    for body in later:
        print_result(choices, await bring_forward(session, token_summary(body), end), f"ends at {moment(end)}")


async def bring_forward(session: CliSession, token: TokenSummary, end: datetime) -> Json:
    """Let that very token end earlier. The API server refuses to postpone an end."""
    patch = {"metadata": {"uid": token.uid}, "spec": {"expiresAt": format_time(end)}}
    return await session.objects.patch("ApiToken", token.key, patch)


async def delete(session: CliSession, choices: CliOptions, names: tuple[str, ...]) -> None:
    """Delete tokens, and so revoke them."""
    bodies = await _named(session, names)
    for body in bodies:
        require_object_not_in_git(choices, body)
    confirm(choices, [_end_of(session, token_summary(body), "deleted") for body in bodies], "Delete for good?")
    for body in bodies:
        key = token_summary(body).key
        tell_deletion(choices, body, await session.objects.delete("ApiToken", key, body["metadata"]["uid"]))


async def whois(session: CliSession, choices: CliOptions, text: TokenText) -> None:
    """Find whose token a text is."""
    bodies = await _found(session, text)
    if choices.for_people:
        for token in await judged_tokens(session, [token_summary(body) for body in bodies]):
            print_fields(_identity(session, token))
    else:
        print_objects(bodies, choices.output)


async def revoke_leaked(session: CliSession, choices: CliOptions, text: TokenText) -> None:
    """Revoke the token whose text somebody has."""
    await _revoke(session, choices, await _found(session, text))


async def _found(session: CliSession, text: TokenText) -> list[Json]:
    """Its object, as far as one may look; the text itself goes nowhere. Raises RefusedError if there is none."""
    try:
        found, where = await _with_id(session, None, text.token_id), "this cluster"
    except ForbiddenError:
        found, where = await _with_id(session, session.namespace, text.token_id), f"namespace {session.namespace}"
        warn(f"You may not list the tokens of all namespaces: this is about namespace {session.namespace}.")
        if not found:
            await require_namespace(session, session.namespace)
    if not found:
        msg = f"No token of {where} has the ID {text.token_id}: it was deleted, or belongs elsewhere"
        raise RefusedError(msg)
    return found


async def _named(session: CliSession, names: tuple[str, ...]) -> list[Json]:
    """All of them, before anything is done to one. Raises NotFoundError."""
    return [await session.objects.read("ApiToken", ObjectKey(session.namespace, name)) for name in names]


async def _with_id(session: CliSession, namespace: str | None, token_id: str) -> list[Json]:
    pages = session.objects.pages("ApiToken", namespace, fields=f"status.tokenID={token_id}")
    return await list_all(pages, dict, "tokens")


async def _revoke(session: CliSession, choices: CliOptions, bodies: list[Json]) -> None:
    live = [body for body in bodies if not body["spec"].get("revoked")]
    for body in bodies:
        if body not in live:
            say(f"token {body['metadata']['name']} is revoked already")
    for body in live:
        require_not_in_git(choices, body, ["revoked"])
    if live:
        confirm(choices, [_end_of(session, token_summary(body), "revoked") for body in live], "Revoke for good?")
    for body in live:
        key = token_summary(body).key
        patch = {"metadata": {"uid": body["metadata"]["uid"]}, "spec": {"revoked": True}}
        print_result(choices, await session.objects.patch("ApiToken", key, patch), "revoked")


def _end_of(session: CliSession, token: TokenSummary, what: str) -> str:
    state = last_use(token, session.clock.now()) if token.active else token.in_words
    return f"The token {token.key.name} of {token.credential} ({state}) will be {what} for good."


def _identity(session: CliSession, token: TokenSummary) -> list[tuple[str, str]]:
    now = session.clock.now()
    return [
        ("Name", token.key.name),
        ("Namespace", token.key.namespace),
        ("ID", token.token_id),
        ("Credential", token.credential),
        ("Phase", phase_of(token)),
        ("Usable", usable(token)),
        ("Expires", until(token.ends, now)),
        ("Use", last_use(token, now)),
    ]
