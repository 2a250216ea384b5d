"""What is there after a sequence of moves, and what was answered to each: all that a goal is judged by."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from tests.attacks.furnished_namespaces import Place, texts_in
from tests.attacks.moves import RESTORED, Move
from tests.support.security.leaks import base64_forms
from tools.control_plane.processes import ProcessError, wait_until
from tools.control_plane.workspace import condition, now

if TYPE_CHECKING:
    from datetime import datetime

    from tests.attacks.attackers import Person
    from tests.attacks.http_moves import Check
    from tests.attacks.world import World
    from tools.control_plane.replies import Reply
    from tools.control_plane.verifiers import RunningVerifier

__all__ = ["BARRIER", "BOUND_SECONDS", "Evidence", "Step", "gathered", "looked", "minted_in"]

Json = dict[str, Any]

BARRIER: Final = "barrier"
"""Credentials and tokens by this name are the judge's own."""
BOUND_SECONDS: Final = 20.0
"""In which a mint comes that nobody holds up, on a busy machine; alone it takes 0.1 to 0.4 s."""


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody did, and what they were answered."""

    person: Person
    move: Move
    reply: Reply

    def __str__(self) -> str:
        why = "" if self.reply.ok else f" {self.reply.message[:90]}"
        return f"{self.person.name}: {self.move} -> {self.reply.status}{why}"


@dataclass(slots=True)
class Evidence:
    """All of it.

    Attributes:
        tokens: ApiTokens that are there, by UID; credentials by name.
        secrets: one-time Secrets by name.
        identities: what a verifier tells about each text that it accepts, by token ID.
        texts: all that are known, by token ID.
        seconds: how long a mint took, here and in the namespace beside; None if it did not come in time.
        checks: what a verifier was asked, and answered.
    """

    place: Place
    people: tuple[Person, ...] = ()
    steps: list[Step] = field(default_factory=list)
    tokens: dict[str, Json] = field(default_factory=dict, repr=False)
    credentials: dict[str, Json] = field(default_factory=dict, repr=False)
    secrets: dict[str, Json] = field(default_factory=dict, repr=False)
    texts: dict[str, str] = field(default_factory=dict, repr=False)
    identities: dict[str, Json] = field(default_factory=dict)
    seconds: dict[str, float | None] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    at: datetime = field(default_factory=now)

    def shown(self, step: Step) -> list[str]:
        """The IDs of the tokens whose text is in an answer, in any form."""
        content = json.dumps(step.reply.body)
        return [
            token_id
            for token_id, text in self.texts.items()
            if any(form in content for form in (text, *base64_forms(text)))
        ]

    def token_of(self, token_id: str) -> Json | None:
        """The ApiToken of that ID, as it is now."""
        return next((one for one in self.tokens.values() if one.get("status", {}).get("tokenID") == token_id), None)

    def before_of(self, token_id: str) -> Json | None:
        """The same before the first move; None if it was not minted then."""
        before = self.place.before.values()
        return next((one for one in before if one.get("status", {}).get("tokenID") == token_id), None)


def gathered(world: World, place: Place, *, verifier: RunningVerifier | None = None) -> Evidence:
    """Wait until all that was done has had its effect, then look at everything; an operator must run."""
    asked, here = verifier or world.verifier, world.workspace(place.namespace)
    seconds = {"here": minted_in(world, place.namespace, asked), "beside": minted_in(world, world.beside, asked)}
    with suppress(ProcessError):  # what the operator never sees, goals tell
        wait_until(lambda: all(map(_is_settled, here.list("ApiToken"))), what="all is seen", timeout=BOUND_SECONDS)
    return looked(world, place, asked, seconds)


def looked(
    world: World, place: Place, verifier: RunningVerifier, seconds: dict[str, float | None] | None = None
) -> Evidence:
    """Look at everything as it is now, and ask this verifier about each text that there is or was."""
    here, evidence = world.workspace(place.namespace), Evidence(place, seconds=seconds or {})
    evidence.tokens = {one["metadata"]["uid"]: one for one in here.list("ApiToken") if not _ours(one)}
    evidence.credentials = {one["metadata"]["name"]: one for one in here.list("ApiCredential") if not _ours(one)}
    evidence.secrets = {one["metadata"]["name"]: one for one in here.list("Secret") if not _ours(one)}
    texts = [*place.texts.values(), *(text for name, text in texts_in(here).items() if BARRIER not in name)]
    evidence.texts = {text.split("_")[1]: text for text in texts}
    for token_id, text in evidence.texts.items():
        answer = verifier.ask("/whoami", text)
        if answer.status == HTTPStatus.OK:
            evidence.identities[token_id] = json.loads(answer.body)
    evidence.at = now()
    return evidence


def minted_in(world: World, namespace: str, verifier: RunningVerifier) -> float | None:
    """Ask for a token, until a verifier accepts it: how long that took, in seconds; None past the bound.

    Whatever was asked before it in that namespace, and can be done, is done then.
    """
    here, name = world.workspace(namespace), f"{BARRIER}-{world.number()}"
    here.credential(name)
    began = now()
    here.token(name, credentialRef={"name": name}, ttl="1h")

    def accepted() -> bool:
        text = texts_in(here).get(name)
        return text is not None and verifier.ask("/whoami", text).status == HTTPStatus.OK

    try:
        wait_until(accepted, what="a mint", timeout=BOUND_SECONDS)
    except ProcessError:
        return None
    return (now() - began).total_seconds()


def _is_settled(token: Json) -> bool:
    """Whether the operator has seen what was done last: a write that lost to another one is tried again later."""
    metadata, status = token["metadata"], token.get("status", {})
    if "deletionTimestamp" in metadata or "hash" in status:
        return True
    marked, waits = RESTORED in metadata.get("labels", {}), status.get("phase") in {None, "", "Pending"}
    seen = status.get("observedGeneration") == metadata["generation"]
    return seen and (not waits or marked is (condition(token, "Ready").get("reason") == "Restored"))


def _ours(obj: Json) -> bool:
    return str(obj["metadata"]["name"]).startswith(BARRIER)
