"""What a verifier remembers of ServiceAccounts' tokens saves time and decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pharia_access.domain.verdict import CredentialRecord, Refusal
from pharia_access.services.verifier.generations import Generations
from pharia_access.services.verifier.verifier import Allowed, Denied
from tests.support.verifier.service_account_tokens import (
    ISSUER,
    NOW,
    SUBJECT_UID,
    PlayedIssuer,
    SigningKey,
    base64url,
    claims_of_pod,
)
from tests.support.verifier.verifier_server import SUBJECT, VerifierServer

if TYPE_CHECKING:
    from collections.abc import Sequence

KEYS = ("key-1", "key-2")


@cache
def key(key_id: str) -> SigningKey:
    return PlayedIssuer().key if key_id == "key-1" else SigningKey(key_id, bits=2048)


@cache
def texts() -> tuple[bytes, ...]:
    """Good ones of both keys, one that ends soon, of another account, of another issuer, and forged ones of each."""
    issuer, found = PlayedIssuer(), list[bytes]()
    account = {"name": "invoice-bot", "uid": "another-uid"}
    again = claims_of_pod()["kubernetes.io"] | {"serviceaccount": account}
    for changes in ({}, {"exp": NOW + 60}, {"kubernetes.io": again}, {"iss": f"{ISSUER}.example"}):
        for key_id in KEYS:
            issuer.key = key(key_id)
            found.append(issuer.sign(claims_of_pod(**changes)))
    forged = base64url(b"\x01" * 256).encode()
    return (*found, *(b".".join((*text.split(b".")[:2], forged)) for text in found))


@dataclass(frozen=True, slots=True)
class World:
    """All that a verdict may depend on, beside the text."""

    published: tuple[str, ...] = KEYS
    record: CredentialRecord | None = None
    seconds: float = 0.0


HOLDERS = st.sampled_from([{}, {"invoice-bot": ""}, {"invoice-bot": SUBJECT_UID}, {"another": ""}])
RECORDS = st.builds(
    CredentialRecord,
    st.just("finance"),
    st.just("invoice-bot"),
    st.sampled_from([SUBJECT, "another"]),
    st.sampled_from([("studio-user",), ()]),
    suspended=st.booleans(),
    deleting=st.booleans(),
    service_accounts=HOLDERS,
)
USUAL = CredentialRecord("finance", "invoice-bot", SUBJECT, ("studio-user",), service_accounts={"invoice-bot": ""})
WORLDS = st.builds(
    World,
    st.sampled_from([KEYS, KEYS, KEYS[:1], KEYS[1:]]),
    st.sampled_from([USUAL, USUAL, replace(USUAL, uid="another")]) | RECORDS,
    st.sampled_from([0.0, 59.0, 60.0, 3000.0]),
)


@dataclass(slots=True)
class Played:
    """A verifier in a world that changes."""

    issuer: PlayedIssuer = field(default_factory=PlayedIssuer)
    world: World = field(default_factory=World)
    server: VerifierServer = field(init=False)

    def __post_init__(self) -> None:
        self.server = VerifierServer(service_accounts=self.issuer)

    def move_to(self, world: World) -> None:
        """Change what differs, as the watches and the reading of the keys do."""
        if world.published != self.world.published:
            self.issuer.published = [key(key_id) for key_id in world.published]
            self.issuer.read()
            self.server.index.note_other_change()
        if world.record is not None and world.record is not self.world.record:
            self.server.index.put_credential_record(world.record)
        self.server.now = NOW + world.seconds
        self.world = world

    def verdict(self, text: bytes) -> object:
        found = self.server.verifier.check(text)
        if isinstance(found, Allowed):
            return (
                found.token.key,
                found.token.uid,
                found.token.credential_uid,
                found.credential,
                found.effective_roles.roles,
            )
        return found.refusal if isinstance(found, Denied) else "the keys must be read first"


def first_of(world: World) -> Played:
    """A verifier that has seen nothing."""
    played = Played()
    played.issuer.published = [key(key_id) for key_id in KEYS]
    played.issuer.read()
    played.move_to(world)
    return played


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(st.tuples(WORLDS, st.lists(st.integers(0, 15), min_size=1, max_size=6)), min_size=1, max_size=5),
)
def test_a_token_that_was_seen_gets_the_answer_of_one_that_was_not(steps: Sequence[tuple[World, list[int]]]) -> None:
    """Whatever was asked before, and whatever changed meanwhile: keys, credential, holders, the time."""
    remembers = first_of(World())
    allowed: list[tuple[bytes, Allowed]] = []

    for world, asked in steps:
        remembers.move_to(world)
        for text in (texts()[number] for number in asked):
            assert remembers.verdict(text) == first_of(world).verdict(text)
            found = remembers.server.verifier.check(text)
            allowed += [(text, found)] if isinstance(found, Allowed) else []
        for text, earlier in allowed:
            if remembers.server.verifier.still_holds(earlier):
                assert isinstance(first_of(world).server.verifier.check(text), Allowed)


def test_the_worlds_of_the_property_tell_good_tokens_from_others() -> None:
    """Or it would compare refusals alone."""
    played = first_of(World(record=USUAL))

    found = [isinstance(played.server.verifier.check(text), Allowed) for text in texts()]

    assert found == [True] * 6 + [False] * 10


def test_a_token_that_was_seen_stands_for_the_credential_that_there_is_now() -> None:
    """The property draws such a world rarely: the credential is made again under its name, and still held."""
    played = first_of(World(record=USUAL))
    text = texts()[0]

    for uid in (SUBJECT, "another", SUBJECT):
        played.move_to(World(record=replace(USUAL, uid=uid)))
        found = played.server.verifier.check(text)

        assert isinstance(found, Allowed)
        assert (found.token.credential_uid, found.credential.uid) == (uid, uid)


async def test_only_good_texts_are_remembered_and_not_without_end() -> None:
    issuer = PlayedIssuer()
    server = VerifierServer(service_accounts=issuer)
    server.index.put_credential_record(USUAL)
    jwts = server.jwts
    assert jwts is not None
    jwts.seen = Generations(most=10)

    for number in range(50):
        text = issuer.sign(claims_of_pod(jti=f"id-{number}"))
        jwts.check(text)
        jwts.check(text[:-4] + b"AAAA")

    assert 10 <= len(jwts.seen) <= 20


@pytest.mark.parametrize(
    "changes",
    [{"aud": ["pharia-access/nobody"]}, {"exp": NOW}, {"iss": "https://another"}, {"aud": ["another"]}],
    ids=["of no credential", "ended", "of another issuer", "for another audience"],
)
def test_who_may_sign_for_nothing_cannot_fill_the_memory(changes: dict[str, object]) -> None:
    """The signature is good: any ServiceAccount gets such tokens, as many as it asks for."""
    issuer = PlayedIssuer()
    server = VerifierServer(service_accounts=issuer)
    server.index.put_credential_record(USUAL)
    jwts = server.jwts
    assert jwts is not None

    for number in range(20):
        assert isinstance(jwts.check(issuer.sign(claims_of_pod(jti=f"id-{number}", **changes))), Denied)

    assert len(jwts.seen) == 0


class ReadAtMostOnce(PlayedIssuer):
    """As the API server's keys are: after a reading they are not read again for a while."""

    async def read_again(self) -> bool:
        told = not self.were_just_read and await super().read_again()
        self.were_just_read = True
        return told


async def test_an_unknown_key_is_told_from_keys_that_were_not_read() -> None:
    issuer = ReadAtMostOnce()
    server = VerifierServer(service_accounts=issuer)
    server.index.put_credential_record(USUAL)
    issuer.published = [key("key-2")]
    issuer.read()
    text = texts()[0]

    first, second = [await server.verifier.verify(text) for _ in range(2)]
    issuer.were_just_read = issuer.answers = False
    third = await server.verifier.verify(text)

    assert isinstance(first, Denied)
    assert first.refusal is Refusal.UNKNOWN_SIGNING_KEY
    assert [one.refusal for one in (second, third) if isinstance(one, Denied)] == [Refusal.KEYS_UNREAD] * 2
