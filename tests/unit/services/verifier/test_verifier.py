"""The verdict on a presented text: proved by a key, by Argon2id, or not at all."""

from __future__ import annotations

import base64
import secrets
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pharia_access.domain.argon2id import CHEAPEST, hash_token
from pharia_access.domain.keyring import Keyring
from pharia_access.domain.token import TokenText, mint
from pharia_access.domain.verdict import CredentialRecord, IssuedToken, Refusal
from pharia_access.services.verifier.verifier import Allowed, Denied, Unverified
from tests.support.verifier.verifier_server import SUBJECT, VerifierServer


def verdict(server: VerifierServer, text: TokenText | bytes) -> str:
    """What `check` says, in a word."""
    found = server.verifier.check(text if isinstance(text, bytes) else text.reveal().encode())
    return found.refusal.value if isinstance(found, Denied) else type(found).__name__


async def slow_verdict(server: VerifierServer, text: TokenText | bytes) -> str:
    found = await server.verifier.verify(text if isinstance(text, bytes) else text.reveal().encode())
    return found.refusal.value if isinstance(found, Denied) else type(found).__name__


def record(server: VerifierServer, text: TokenText) -> IssuedToken:
    found = server.index.find(text.token_id)
    assert found is not None
    return found


def test_a_good_token_is_accepted_with_its_credential_and_roles() -> None:
    server = VerifierServer()
    text = server.issue()

    found = server.verifier.check(text.reveal().encode())

    assert isinstance(found, Allowed)
    assert (found.token.token_id, found.credential.uid) == (text.token_id, SUBJECT)
    assert found.effective_roles.roles == ("studio-user",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(b"", "malformed-token", id="nothing"),
        pytest.param(b"hello", "malformed-token", id="a word"),
        pytest.param(b"a_b_c", "malformed-token", id="three parts"),
        pytest.param(b"a_b_c_d_e", "malformed-token", id="five parts"),
        pytest.param(b"\xff_\xff_\xff", "malformed-token", id="bytes"),
        pytest.param(mint("pharia", secrets.token_bytes).reveal().encode(), "unknown-token", id="somebody else's"),
    ],
)
def test_what_is_no_known_token_is_refused(text: bytes, reason: str) -> None:
    assert verdict(VerifierServer(), text) == reason


def test_every_changed_character_makes_another_text() -> None:
    server = VerifierServer()
    text = server.issue().reveal()
    forgeries = [text[:i] + ("x" if text[i] != "x" else "y") + text[i + 1 :] for i in range(len(text))]

    assert {verdict(server, forgery.encode()) for forgery in forgeries} <= {
        "wrong-secret",
        "malformed-token",
        "unknown-token",
    }


def test_an_id_that_two_objects_claim_is_neithers() -> None:
    server = VerifierServer()
    text = server.issue()
    server.index.put_token(replace(record(server, text), key="finance/copy"))

    assert verdict(server, text) == "shared-token-id"


def test_a_view_that_is_too_old_says_nothing_even_of_a_good_token() -> None:
    server = VerifierServer()
    text = server.issue()

    server.boottime += 300
    assert verdict(server, text) == "Allowed"
    server.boottime += 0.001
    assert verdict(server, text) == "view-too-old"
    assert verdict(server, text.reveal()[:-1].encode() + b"!") == "malformed-token"


def test_an_unknown_id_may_be_that_of_a_new_token_once_nothing_is_heard_of_the_cluster() -> None:
    server = VerifierServer()
    text = mint("pharia", secrets.token_bytes)

    server.boottime += 30
    assert verdict(server, text) == "unknown-token"
    server.boottime += 0.001
    assert verdict(server, text) == "out-of-contact"
    assert verdict(server, text.reveal()[:-1].encode() + b"!") == "malformed-token"


def test_without_a_key_only_argon2_can_tell_but_a_dead_token_costs_none() -> None:
    server = VerifierServer(keyring=False)
    good, dead = server.issue(), server.issue("dead", revoked=True)

    assert isinstance(server.verifier.check(good.reveal().encode()), Unverified)
    assert verdict(server, dead) == "revoked"


async def test_what_argon2_proved_stays_proved_and_no_other_text_passes() -> None:
    server = VerifierServer(keyring=False)
    text = server.issue()

    assert await slow_verdict(server, text) == "Allowed"
    assert verdict(server, text) == "Allowed"
    assert verdict(server, text.reveal()[:-1].encode() + b"~") == "wrong-secret"
    server.hash_verifier.close()


async def test_argon2_refuses_what_is_forged_malformed_or_cannot_be_proved() -> None:
    server = VerifierServer(keyring=False)
    text, broken = server.issue(), server.issue("broken", hash="$argon2id$v=19$m=999999,t=1,p=1$x$y")
    forged = _with_id_of(text)

    assert await slow_verdict(server, forged) == "wrong-secret"
    assert await slow_verdict(server, text.reveal()[:-1].encode() + b"~") == "malformed-token"
    assert await slow_verdict(server, broken) == "unusable-proof"
    server.hash_verifier.close()


def _with_id_of(text: TokenText) -> TokenText:
    """A well-formed token of the same ID and another secret."""
    drawn = iter([_id_bytes(text.token_id), secrets.token_bytes(32)])
    return mint("pharia", lambda _: next(drawn))


def _id_bytes(token_id: str) -> bytes:
    return base64.b32decode(token_id.upper())


async def test_too_much_waiting_is_told_and_never_accepted() -> None:
    server = VerifierServer(keyring=False)
    text = server.issue()
    object.__setattr__(server.hash_verifier._limits, "waiting", 0)

    assert await slow_verdict(server, text) == "overloaded"


@pytest.mark.parametrize(
    ("meanwhile", "expected"),
    [
        pytest.param("revoke", "revoked", id="revoked meanwhile"),
        pytest.param("delete", "unknown-token", id="deleted meanwhile"),
        pytest.param("rehash", "overloaded", id="another hash meanwhile"),
        pytest.param("age", "view-too-old", id="the view aged meanwhile"),
    ],
)
async def test_what_happens_while_argon2_works_counts(meanwhile: str, expected: str) -> None:
    server = VerifierServer(keyring=False)
    text = server.issue()
    prove_truly = server.hash_verifier.verify

    async def verify_and_change(phc: str, text: TokenText, *, digest: bytes, doubtful: bool = False) -> bool:
        holds = await prove_truly(phc, text, digest=digest, doubtful=doubtful)
        _change(server, text, meanwhile)
        return holds

    server.hash_verifier.verify = verify_and_change  # type: ignore[method-assign] # the moment while it works
    assert await slow_verdict(server, text) == expected
    server.hash_verifier.close()


def _change(server: VerifierServer, text: TokenText, what: str) -> None:
    match what:
        case "revoke":
            server.index.put_token(replace(record(server, text), revoked=True))
        case "delete":
            server.index.drop("ApiToken", "finance/ci")
        case "rehash":
            server.index.put_token(replace(record(server, text), hash=hash_token(text, CHEAPEST)))
        case _:
            server.boottime += 1000


async def test_a_keyring_may_come_change_and_go() -> None:
    server = VerifierServer(keyring=False)
    text = server.issue()
    other = Keyring.fresh(secrets.token_bytes, datetime(2026, 2, 1, tzinfo=UTC))

    seen = []
    for keyring in (None, server.keyring, other, None):
        server.verifier.use_keyring(keyring)
        seen.append((server.verifier.keys, verdict(server, text)))

    assert seen == [(0, "Unverified"), (1, "Allowed"), (1, "Unverified"), (0, "Unverified")]


def test_a_credential_that_came_again_is_another() -> None:
    server = VerifierServer()
    text = server.issue()

    server.index.drop("ApiCredential", "finance/ci-bot")
    gone = verdict(server, text)
    server.index.put_credential_record(CredentialRecord("finance", "ci-bot", "another", ("studio-user",)))

    assert (gone, verdict(server, text)) == ("credential-gone", "credential-replaced")


def test_each_reason_has_a_word_of_its_own() -> None:
    assert len({reason.value for reason in Refusal}) == len(Refusal)
