"""A token beside an old one: minted and handed over first, and only then is the old one's end brought forward."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from pharia_access.bootstrap.cli import CliSession
from pharia_access.domain.administration.impact import affected_users
from pharia_access.domain.administration.lifetime_input import Lifetime
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.administration.token_rotation import (
    TokenRotation,
    expiring,
    is_later,
    original_lifetime,
    replacement_name,
    replacements,
    rotation_blocker,
)
from pharia_access.domain.durations import format_duration, humanize
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.kubectl.failures import explain
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.secret_output import SecretOutput
from pharia_access.entrypoints.kubectl.work.emptiness import nothing_in
from pharia_access.entrypoints.kubectl.work.gathering import tokens_of
from pharia_access.entrypoints.kubectl.work.guards import require_not_in_git
from pharia_access.entrypoints.kubectl.work.listing import list_all
from pharia_access.entrypoints.kubectl.work.render import print_table, until
from pharia_access.entrypoints.kubectl.work.sinks import SecretDestinationError, destination_for
from pharia_access.entrypoints.kubectl.work.terminal import RefusedError, confirm, say
from pharia_access.entrypoints.kubectl.work.token_changes import bring_forward
from pharia_access.entrypoints.kubectl.work.token_issue import (
    Progress,
    Put,
    TokenRequest,
    issue,
    manifest,
    require_mintable,
    telling,
)
from pharia_access.entrypoints.kubectl.work.tokens import read_token
from pharia_access.errors import AccessError
from pharia_access.kube.administration.objects import Right
from pharia_access.kube.administration.summaries import token_summary

__all__ = ["IncompleteError", "RotationOptions", "rotate", "rotate_expiring"]


class IncompleteError(AccessError):
    """Some of many were not done; each was told already."""


@dataclass(frozen=True, slots=True)
class RotationOptions:
    """What was chosen.

    Attributes:
        overlap: how long the old token goes on at most.
        lifetime: the new one's; None stands for the old one's.
        name: the new one's; empty for the old one's with other letters at its end.
        patience: how long to wait for the operator.
    """

    overlap: timedelta
    lifetime: Lifetime | None = None
    name: str = ""
    patience: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Plan:
    old: TokenSummary
    wish: TokenRequest
    overlap: timedelta


Pair = tuple[TokenSummary, TokenSummary]
"""The old token as it is now, and the new one."""


async def rotate(
    session: CliSession, choices: CliOptions, name: str, terms: RotationOptions, where: SecretOutput
) -> None:
    """Replace one."""
    plan = await _planned(session, choices, name, terms)
    sink = destination_for(where, session)
    await sink.check()
    _ask(session, choices, [plan.old], terms)
    _tell(session, choices, [await _carried_out(session, choices, plan, sink.put)])


async def rotate_expiring(
    session: CliSession, choices: CliOptions, within: timedelta, terms: RotationOptions, where: SecretOutput
) -> None:
    """Replace all that end within that time, one after the other; one that fails stops no other."""
    due = await _due(session, choices, within)
    _ask(session, choices, due, terms)
    done: list[Pair] = []
    failures: list[list[str]] = []
    try:
        for number, old in enumerate(due, start=1):
            say(f"{number} of {len(due)}: {old.key}")
            try:
                done.append(await _one_of_many(session, choices, old.key, terms, where))
            except AccessError as error:
                failures.append(_failure(old, error))
                if isinstance(error, SecretDestinationError):  # the next secret would go nowhere either
                    break
    finally:  # also where somebody interrupts
        _tell(session, choices, done)
        for failure in failures:
            say(*failure)
    if failures:
        msg = f"{len(due) - len(done)} of {len(due)} tokens were not rotated"
        raise IncompleteError(msg)


def _failure(old: TokenSummary, error: AccessError) -> list[str]:
    failure = explain(error)
    return [f"{old.key} was not rotated: {failure.sentence}", *filter(None, failure.next_step.split("\n"))]


async def _due(session: CliSession, choices: CliOptions, within: timedelta) -> list[TokenSummary]:
    namespace = None if choices.all_namespaces else session.namespace
    tokens = await list_all(session.objects.pages("ApiToken", namespace), token_summary, "tokens")
    if not tokens:
        say(f"{await nothing_in(session, 'tokens', namespace)}.")
        return []
    found, replaced = expiring(tokens, within, session.clock.now()), replacements(tokens)
    if done := [f"{old.key.name} (by {replaced[old.key].key.name})" for old in found if old.key in replaced]:
        say(f"Replaced already: {', '.join(done)}")
    due = [old for old in found if old.key not in replaced]
    if not due:
        say(f"There is no {'other ' if done else ''}token to rotate that ends within {humanize(within)}.")
    return due


async def _one_of_many(
    session: CliSession, choices: CliOptions, key: ObjectKey, terms: RotationOptions, where: SecretOutput
) -> Pair:
    there = replace(session, namespace=key.namespace)
    plan = await _planned(there, choices, key.name, terms)
    sink = destination_for(_place(where, choices, ObjectKey(key.namespace, plan.wish.name)), there)
    await sink.check()
    return await _carried_out(there, choices, plan, sink.put)


def _place(where: SecretOutput, choices: CliOptions, new: ObjectKey) -> SecretOutput:
    if where.folder and not choices.dry_run:
        folder = Path(where.folder, new.namespace if choices.all_namespaces else "")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return SecretOutput(file=str(folder / new.name))
    return where if where.output == "json" else SecretOutput(output="rows" if choices.all_namespaces else "lines")


async def _planned(session: CliSession, choices: CliOptions, name: str, terms: RotationOptions) -> _Plan:
    """What is to be done. Raises RefusedError for whatever would make half a rotation of it."""
    body = await session.objects.read("ApiToken", ObjectKey(session.namespace, name))
    old = token_summary(body)
    lifetime = terms.lifetime or original_lifetime(old)
    require_not_in_git(choices, body, ["expiresAt"])
    if not await session.objects.may(Right("patch", "apitokens", name), session.namespace):
        msg = f"You may not end the token {name} in namespace {session.namespace}"
        raise RefusedError(msg, "This needs the verb patch on apitokens.access.pharia.ai: ask an administrator for it.")
    credential = await require_mintable(session, old.credential)
    asked = TokenRotation(old, lifetime, credential, await tokens_of(session, old.credential), session.here)
    if against := rotation_blocker(asked, session.clock.now()):
        raise RefusedError(against.why, against.next_step)
    wish = TokenRequest(
        name=terms.name or replacement_name(name, secrets.token_hex(3)[:5]),
        credential=old.credential,
        lifetime=lifetime,
        description=old.description,
        window=old.window,
        patience=terms.patience,
        replaces=name,
    )
    return _Plan(old, wish, terms.overlap)


async def _carried_out(session: CliSession, choices: CliOptions, plan: _Plan, put: Put) -> Pair:
    """The new token first: whatever breaks off, nobody is left without one."""
    wish, old = plan.wish, plan.old.key.name
    left = (
        f"The token {old} goes on as before. To end it, once {wish.name} is in use:"
        f" kubectl access token expire {old} --in {format_duration(plan.overlap)} {session.here}"
    )
    progress = Progress(wish.name, session.here, afterwards=left)

    async def both() -> Pair:
        if choices.dry_run:
            new = token_summary(await session.objects.create(manifest(wish, session.namespace)))
        else:
            new = await issue(session, wish, put, progress)
        return await _ended(session, plan), new

    return await telling(progress, both())


async def _ended(session: CliSession, plan: _Plan) -> TokenSummary:
    """The old one as it is then; read anew, since somebody may have brought its end forward meanwhile."""
    now_there = await read_token(session, plan.old.key)
    end = session.clock.now() + plan.overlap
    return token_summary(await bring_forward(session, plan.old, end)) if is_later(now_there, end) else now_there


def _ask(session: CliSession, choices: CliOptions, tokens: Sequence[TokenSummary], terms: RotationOptions) -> None:
    """Nothing to ask where all of them end as early by themselves."""
    now = session.clock.now()
    if later := [token for token in tokens if is_later(token, now + terms.overlap)]:
        told = f"An old token ends for good {humanize(terms.overlap)} after it is replaced, unless it ends sooner."
        confirm(choices, [told, *affected_users(later, now)], "Rotate?")


def _tell(session: CliSession, choices: CliOptions, pairs: Sequence[Pair]) -> None:
    """In one table, beside the secrets: so on standard error."""
    now, everywhere = session.clock.now(), choices.all_namespaces
    if pairs:
        rows = [[old.key.name, until(old.ends, now), new.key.name, until(new.ends, now)] for old, new in pairs]
        shown = [[old.key.namespace, *row] for (old, _), row in zip(pairs, rows, strict=True)] if everywhere else rows
        headings = ["OLD", "ENDS", "NEW", "ENDS"]
        print_table(["NAMESPACE", *headings] if everywhere else headings, shown, err=True)
    if pairs and choices.dry_run:
        say("(dry run: nothing was changed)")
