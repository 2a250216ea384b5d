"""Random changes of the cluster, as watches tell them, against a plain model: every verdict is the model's.

The model keeps plain dictionaries and knows nothing of the code but its data classes. After each change every token
that was ever minted is presented, and one mistyped of each.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pharia_access.domain.argon2id import CHEAPEST, hash_token
from pharia_access.domain.permissions import Permission, Role
from pharia_access.domain.token import TokenText, mint
from pharia_access.domain.verdict import CredentialRecord, IssuedToken, Refusal
from pharia_access.services.verifier.verifier import Allowed
from tests.support.verifier.verifier_server import VerifierServer

CREDENTIALS, TOKENS, ROLES = ("bot", "app"), ("t1", "t2", "t3"), ("reader", "writer")
credentials, tokens, roles = st.sampled_from(CREDENTIALS), st.sampled_from(TOKENS), st.sampled_from(ROLES)
holdings = st.lists(roles, unique=True).map(tuple)
NEVER = 4_000_000_000.0
REFUSALS = {reason.value for reason in Refusal}


@dataclass
class ModelCredential:
    uid: str
    roles: tuple[str, ...]
    suspended: bool = False
    deleting: bool = False


@dataclass
class ModelToken:
    text: TokenText
    uid: str
    credential: str
    credential_uid: str
    end: float
    revoked: bool = False
    deleting: bool = False


@dataclass
class Model:
    now: float = 1_000_000_000.0
    credentials: dict[str, ModelCredential] = field(default_factory=dict)
    tokens: dict[str, ModelToken] = field(default_factory=dict)
    roles: dict[str, bool] = field(default_factory=dict)
    """Whether each role is allowed in the namespace."""

    def verdict(self, text: TokenText) -> str:
        """A reason, or the roles that count."""
        claimants = [token for token in self.tokens.values() if token.text.token_id == text.token_id]
        if len(claimants) != 1:
            return "shared-token-id" if claimants else "unknown-token"
        (token,) = claimants
        return "wrong-secret" if token.text != text else self._state(token)

    def _state(self, token: ModelToken) -> str:
        credential = self.credentials.get(token.credential)
        objections = {
            "revoked": token.revoked,
            "being-deleted": token.deleting,
            "expired": self.now >= token.end,
            "credential-gone": credential is None,
            "credential-replaced": credential is not None and credential.uid != token.credential_uid,
            "credential-being-deleted": credential is not None and credential.deleting,
            "credential-suspended": credential is not None and credential.suspended,
        }
        reason = next((reason for reason, holds in objections.items() if holds), None)
        if reason is not None or credential is None:
            return str(reason)
        return ",".join(role for role in credential.roles if self.roles.get(role))


class Cluster(RuleBasedStateMachine):
    """What people and the operator do, told to the index as a watch would."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.server = VerifierServer()
        self.keyring = self.server.keyring
        self.minted: list[TokenText] = []
        self.loop = asyncio.new_event_loop()
        self.serial = 0

    @initialize()
    def begin(self) -> None:
        for name in CREDENTIALS:
            self.create_credential(name, held=(ROLES[0],))
            self.mint_token(name.replace("bot", "t1").replace("app", "t2"), name, life=1000)
        self.set_role(ROLES[0], allowed=True)

    def teardown(self) -> None:
        self.server.hash_verifier.close()
        self.loop.close()

    # What people do.

    @rule(name=credentials, held=holdings)
    def create_credential(self, name: str, held: tuple[str, ...]) -> None:
        """Or create it anew, which makes it another."""
        self.serial += 1
        self.model.credentials[name] = ModelCredential(f"uid-{self.serial}", held)
        self.tell_credential(name)

    @rule(name=credentials, held=holdings, suspended=st.booleans(), deleting=st.booleans())
    def edit_credential(self, name: str, *, held: tuple[str, ...], suspended: bool, deleting: bool) -> None:
        if name in self.model.credentials:
            before = self.model.credentials[name]
            self.model.credentials[name] = replace(before, roles=held, suspended=suspended, deleting=deleting)
            self.tell_credential(name)

    @rule(name=credentials)
    def delete_credential(self, name: str) -> None:
        self.model.credentials.pop(name, None)
        self.server.index.drop("ApiCredential", f"n/{name}")

    @rule(name=tokens, credential=credentials, life=st.sampled_from([5.0, 100.0, NEVER]))
    def mint_token(self, name: str, credential: str, life: float) -> None:
        """A new one, or one of the same name again."""
        if credential in self.model.credentials:
            text = mint("pharia", secrets.token_bytes)
            self.serial += 1
            uid = self.model.credentials[credential].uid
            self.model.tokens[name] = ModelToken(text, f"uid-{self.serial}", credential, uid, self.model.now + life)
            self.minted.append(text)
            self.tell_token(name)

    @rule(name=tokens, revoked=st.booleans(), deleting=st.booleans(), sooner=st.sampled_from([0.0, 50.0]))
    def edit_token(self, name: str, *, revoked: bool, deleting: bool, sooner: float) -> None:
        if name in self.model.tokens:
            token = self.model.tokens[name]
            token.revoked, token.deleting = token.revoked or revoked, token.deleting or deleting
            token.end -= sooner
            self.tell_token(name)

    @rule(name=tokens)
    def delete_token_or_lose_its_status(self, name: str) -> None:
        self.model.tokens.pop(name, None)
        self.server.index.drop("ApiToken", f"n/{name}")

    @rule(source=tokens, onto=tokens)
    def copy_status(self, source: str, onto: str) -> None:
        """As somebody with too many rights could."""
        if source in self.model.tokens and source != onto:
            self.serial += 1
            self.model.tokens[onto] = replace(self.model.tokens[source], uid=f"uid-{self.serial}")
            self.tell_token(onto)

    @rule(name=roles, allowed=st.booleans())
    def set_role(self, name: str, *, allowed: bool) -> None:
        self.model.roles[name] = allowed
        namespaces = frozenset({"n"} if allowed else {"elsewhere"})
        self.server.index.put_role(Role(name, namespaces, (Permission(name),)))

    @rule(name=roles)
    def delete_role(self, name: str) -> None:
        self.model.roles.pop(name, None)
        self.server.index.drop("ApiRole", name)

    # What happens by itself.

    @rule(seconds=st.sampled_from([1.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.model.now += seconds

    @rule()
    def the_keyring_is_lost(self) -> None:
        self.server.verifier.use_keyring(None)

    @rule()
    def the_keyring_is_rotated(self) -> None:
        self.keyring = self.keyring.rotated(secrets.token_bytes, datetime(2026, 1, 1, tzinfo=UTC))
        self.server.verifier.use_keyring(self.keyring)

    @rule(missed=tokens)
    def an_event_is_missed_and_everything_listed_anew(self, missed: str) -> None:
        self.model.tokens.pop(missed, None)
        for name in self.model.tokens:
            self.tell_token(name)
        self.server.index.keep_only("ApiToken", {f"n/{name}" for name in self.model.tokens}, namespace="n")
        self.server.index.keep_only("ApiCredential", {f"n/{name}" for name in self.model.credentials})
        self.server.index.keep_only("ApiRole", set(self.model.roles))

    # What must hold.

    @precondition(lambda self: bool(self.minted))
    @invariant()
    def every_verdict_is_the_models(self) -> None:
        self.server.now = self.model.now
        for text in self.minted:
            assert self.verdict(text.reveal()) == self.model.verdict(text)
            assert self.verdict(f"{text.reveal()[:-1]}~") in REFUSALS

    def verdict(self, text: str) -> str:
        found = self.loop.run_until_complete(self.server.verifier.verify(text.encode()))
        return ",".join(found.effective_roles.roles) if isinstance(found, Allowed) else found.refusal.value

    def tell_credential(self, name: str) -> None:
        credential = self.model.credentials[name]
        self.server.index.put_credential_record(
            CredentialRecord("n", name, credential.uid, credential.roles, credential.suspended, credential.deleting)
        )

    def tell_token(self, name: str) -> None:
        token = self.model.tokens[name]
        key_id, value = self.keyring.mac(token.text)
        self.server.index.put_token(
            IssuedToken(
                key=f"n/{name}",
                uid=token.uid,
                token_id=token.text.token_id,
                credential_key=f"n/{token.credential}",
                credential_uid=token.credential_uid,
                issued_at=0.0,
                ends_at=token.end,
                ends_text="",
                revoked=token.revoked,
                deleting=token.deleting,
                hash=hash_token(token.text, CHEAPEST),
                mac_key_id=key_id,
                mac=bytes.fromhex(value),
            )
        )


TestVerdicts = Cluster.TestCase
TestVerdicts.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
