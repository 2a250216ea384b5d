"""A new token: created, waited for, handed over, its one-time Secret deleted. In that order, whatever breaks off."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from pharia_access.bootstrap.cli import CliSession
from pharia_access.domain.administration.lifetime_input import Lifetime
from pharia_access.domain.administration.mint_blockers import Asked, mint_blocker
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.deletions import named
from pharia_access.domain.durations import format_duration
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import format_time
from pharia_access.domain.token import TokenText
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.secret_output import SecretOutput
from pharia_access.entrypoints.kubectl.work.gathering import tokens_of
from pharia_access.entrypoints.kubectl.work.render import moment
from pharia_access.entrypoints.kubectl.work.sinks import destination_for
from pharia_access.entrypoints.kubectl.work.terminal import RefusedError, say, waiting, warn
from pharia_access.entrypoints.kubectl.work.tokens import read_token
from pharia_access.errors import AccessError, ApiError, ForbiddenError, NotFoundError
from pharia_access.kube.administration.objects import Right
from pharia_access.kube.administration.summaries import REPLACES, credential_summary
from pharia_access.kube.manifests import API_VERSION
from pharia_access.services.administration.collecting import CollectError, Collector, NotMintedYetError

__all__ = [
    "Progress",
    "TokenRequest",
    "collect",
    "create",
    "hand_over",
    "issue",
    "manifest",
    "require_mintable",
    "telling",
]

T = TypeVar("T")
Json = dict[str, Any]
Put = Callable[[TokenSummary, TokenText], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The token that is wanted.

    Attributes:
        patience: how long to wait for the operator.
        replaces: the name of the token that it is to replace.
    """

    name: str
    credential: str
    lifetime: Lifetime | None = None
    description: str = ""
    window: timedelta | None = None
    patience: timedelta = timedelta(minutes=1)
    replaces: str = ""


class _Stage(Enum):
    """How far it came; what is told depends on it."""

    NOTHING = auto()
    ASKED = auto()
    THERE = auto()
    HANDED_OVER = auto()
    DONE = auto()


@dataclass(slots=True)
class Progress:
    """What is told where it breaks off.

    Attributes:
        here: the options by which a command is about the same place.
        afterwards: what is left to do once the secret is collected.
    """

    name: str
    here: str
    stage: _Stage = _Stage.NOTHING
    secret_name: str = ""
    deadline: str = ""
    afterwards: str = ""

    def told(self) -> str:
        """Where things stand, and the commands that go on from there; empty where nothing is to be done."""
        steps = () if self.stage is _Stage.NOTHING else (self._of_secret(), self.afterwards)
        return "\n".join(step for step in steps if step)

    def _of_secret(self) -> str:
        until = f" (until {self.deadline})" if self.deadline else ""
        match self.stage:
            case _Stage.ASKED:
                return (
                    f"Whether the token {self.name} was created is not known. This finishes it, or says that there is"
                    f" none: kubectl access token collect {self.name} {self.here}"
                )
            case _Stage.THERE:
                return f"To get the secret of {self.name}{until}: kubectl access token collect {self.name} {self.here}"
            case _Stage.HANDED_OVER:
                return (
                    f"You have the secret of {self.name}, but its one-time Secret may still be there{until}."
                    f" To delete it: kubectl delete secret {self.secret_name} --ignore-not-found {self.here}"
                )
            case _Stage.NOTHING | _Stage.DONE:
                return ""


async def create(session: CliSession, choices: CliOptions, wish: TokenRequest, where: SecretOutput) -> None:
    """Make a token, and hand its secret over."""
    credential = await require_mintable(session, wish.credential)
    await _require_free(session, wish, credential)
    sink = destination_for(where, session)
    await sink.check()
    if choices.dry_run:
        await session.objects.create(manifest(wish, session.namespace))
        say(f"token {wish.name} created (dry run)")
        return
    progress = Progress(wish.name, session.here)
    await telling(progress, issue(session, wish, sink.put, progress))


async def _require_free(session: CliSession, wish: TokenRequest, credential: CredentialSummary) -> None:
    """Raise RefusedError for what is known to stand in the way: nothing would be minted, or much later."""
    siblings: list[TokenSummary] = []
    if "maxTokens" in credential.policy:
        with suppress(ForbiddenError):  # who may not count them finds out by waiting
            siblings = await tokens_of(session, wish.credential)
    asked = Asked(credential, wish.lifetime or Lifetime(), siblings, session.here)
    if against := mint_blocker(asked, session.clock.now()):
        raise RefusedError(against.why, against.next_step)


async def collect(session: CliSession, _: CliOptions, name: str, where: SecretOutput, patience: timedelta) -> None:
    """Hand over the secret of a token that is there, while its window is open."""
    sink = destination_for(where, session)
    await sink.check()
    progress = Progress(name, session.here, _Stage.THERE)
    with_end = partial(hand_over, session, ObjectKey(session.namespace, name), sink.put, patience=patience)
    await telling(progress, with_end(progress=progress))


async def issue(session: CliSession, wish: TokenRequest, put: Put, progress: Progress) -> TokenSummary:
    """Create a token and hand its secret over; the token. To be run by `telling`."""
    progress.stage = _Stage.ASKED
    try:
        await session.objects.create(manifest(wish, session.namespace))
    except ApiError as error:
        refused = error.status is not None and error.status < HTTPStatus.INTERNAL_SERVER_ERROR
        progress.stage = _Stage.NOTHING if refused else _Stage.ASKED
        raise
    progress.stage = _Stage.THERE
    say(f"token {wish.name} created")
    key = ObjectKey(session.namespace, wish.name)
    return await hand_over(session, key, put, patience=wish.patience, progress=progress)


async def hand_over(
    session: CliSession, key: ObjectKey, put: Put, *, patience: timedelta, progress: Progress
) -> TokenSummary:
    """Wait for the secret, put it where it is to go, and only then delete the one-time Secret."""
    collector = Collector(partial(read_token, session), session.secrets, session.clock)
    with waiting(f"Waiting for {key.name} …") as tell:
        token = await collector.wait(key, patience=patience, tell=lambda why: tell(f"Waiting for {key.name}: {why}"))
    progress.deadline, progress.secret_name = moment(token.deadline), token.secret_name
    secret, text = await collector.read(token)
    await put(token, text)
    progress.stage = _Stage.HANDED_OVER
    held = await collector.finish(secret)
    progress.stage = _Stage.DONE
    if held is not None:
        warn(
            f"The one-time Secret {token.secret_name} was deleted and still stands, held by {named(held.finalizers)}: "
            f"whoever may read Secrets in namespace {key.namespace} can read the token. Who set it takes it off, or "
            "whoever may update Secrets does."
        )
    return token


async def telling(progress: Progress, work: Awaitable[T]) -> T:
    """Do the work; where it breaks off, tell what can be done."""
    try:
        return await work
    except NotFoundError:
        raise  # there is no token: nothing to go on with
    except AccessError as error:
        if not isinstance(error, CollectError) or isinstance(error, NotMintedYetError):
            error.next_step = progress.told()
        raise
    except asyncio.CancelledError:
        if told := progress.told():
            say(*told.split("\n"))
        raise


async def require_mintable(session: CliSession, name: str) -> CredentialSummary:
    """The credential, which must be there; raises RefusedError where minting under it is not allowed."""
    credential = credential_summary(await session.objects.read("ApiCredential", ObjectKey(session.namespace, name)))
    right = Right("create", "apicredentials", name, "token")
    if not await session.objects.may(right, session.namespace):
        msg = f"You may not mint tokens under {name} in namespace {session.namespace}"
        needed = "the verb create on apicredentials.access.pharia.ai/token"
        raise RefusedError(msg, f"This needs {needed}: ask an administrator of the namespace for it.")
    return credential


def manifest(wish: TokenRequest, namespace: str) -> Json:
    """The ApiToken that asks for it."""
    lifetime = wish.lifetime or Lifetime()
    fields = {
        "description": wish.description,
        "ttl": format_duration(lifetime.ttl) if lifetime.ttl else "",
        "expiresAt": format_time(lifetime.ends) if lifetime.ends else "",
        "delivery": {"window": format_duration(wish.window)} if wish.window else None,
    }
    labels = {"labels": {REPLACES: wish.replaces}} if wish.replaces else {}
    return {
        "apiVersion": API_VERSION,
        "kind": "ApiToken",
        "metadata": {"name": wish.name, "namespace": namespace, **labels},
        "spec": {
            "credentialRef": {"name": wish.credential},
            **{name: value for name, value in fields.items() if value},
        },
    }
