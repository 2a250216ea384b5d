"""Users and readers of a simulated cluster: they change their minds at the worst moments."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.conditions import is_true
from pharia_access.domain.model import Credential, ObjectKey, Token
from pharia_access.domain.reasons import DeliveryState
from tests.support.builders.domain_objects import CREDENTIAL, a_credential, a_role, a_token, owned_by
from tests.support.fakes.store import FakeStore

__all__ = ["Reader", "SimulatedUsers"]

NAMES = ("ci", "batch", "web")
HOLD = "x.example/hold"
GIT = {"argocd.argoproj.io/tracking-id": "app"}


@dataclass(slots=True)
class SimulatedUsers:
    """They apply, edit and delete."""

    store: FakeStore
    rng: random.Random
    names: tuple[str, ...] = field(init=False)
    max_tokens: int | None = field(init=False)
    secret_name: str | None = field(init=False)

    def __post_init__(self) -> None:
        self.names = NAMES[: self.rng.randrange(1, 4)]
        self.max_tokens = self.rng.choice((None, None, None, 1, 2))
        self.secret_name = self.rng.choice((None, None, None, "shared"))

    def prepare(self) -> None:
        """What is there when the operators start: mostly a credential, mostly some tokens."""
        self.store.roles["studio-user"] = a_role()
        if self.rng.random() < 0.9:
            self._credential()
        for name in self.names:
            if self.rng.random() < 0.7:
                self._create(ObjectKey(CREDENTIAL.namespace, name))

    def act(self) -> str:
        """Do something; says what."""
        key = ObjectKey(CREDENTIAL.namespace, self.rng.choice(self.names))
        if key not in self.store.tokens:
            self._create(key)
            return f"create {key}"
        what, action = self.rng.choice(self._actions(key))
        action()
        return what

    def _actions(self, key: ObjectKey) -> list[tuple[str, Callable[[], object]]]:
        store = self.store
        return [
            (f"revoke {key}", lambda: store.edit_token(key, lambda spec: replace(spec, revoked=True))),
            (f"bring forward {key}", lambda: self._bring_forward(key)),
            (f"delete {key}", lambda: store.delete_token(key)),
            (f"delete {key} and create it again", lambda: self._create_again(key)),
            (f"delete {key} in the foreground", lambda: store.begin_token_deletion(key)),
            (f"let Git track {key}", lambda: store.mark_token(key, labels={}, annotations=GIT)),
            (f"label {key}", lambda: store.mark_token(key, labels={"n": str(self.rng.random())}, annotations={})),
            ("suspend the credential", lambda: self._credential(suspended=True)),
            ("resume the credential", self._credential),
            ("suspend and resume the credential in quick turns", self._hesitate),
            ("begin to delete the credential", self._begin_to_delete_credential),
            ("delete the credential", self._delete_credential),
            ("replace the credential", self._replace_credential),
            ("take a Secret's name", lambda: store.foreign_secrets.add(self._free_name(key))),
            ("give all names back", store.foreign_secrets.clear),
            (f"hold {key}", lambda: self._hold(key)),
            (f"give {key} the owner that versions up to 0.2.0 gave it", lambda: self._give_owner(key)),
            (f"hold the Secret of {key}", lambda: self._hold_secret(key)),
            ("take all finalizers off", self.let_go),
        ]

    def let_go(self) -> None:
        """Take all finalizers off."""
        for key in [*self.store.secrets]:
            self.store.hold_secret(key)
        for key in [key for key, token in self.store.tokens.items() if token.finalizers]:
            self.store.hold_token(key)

    def _hold(self, key: ObjectKey) -> None:
        if not self.store.tokens[key].deleting:
            self.store.hold_token(key, HOLD)

    def _give_owner(self, key: ObjectKey) -> None:
        token = self.store.tokens[key]
        if token.minted and token.status.credential is not None and not token.owners:
            self.store.set_owners(token, (owned_by(token.status.credential),))

    def _hold_secret(self, key: ObjectKey) -> None:
        name = ObjectKey(key.namespace, self.store.tokens[key].spec.secret_name)
        secret = self.store.secrets.get(name)
        if secret is not None and secret.uid not in self.store.deleted_secrets:
            self.store.hold_secret(name, HOLD)

    def _create_again(self, key: ObjectKey) -> None:
        if self.store.delete_token(key).held is None:
            self._create(key)

    def _create(self, key: ObjectKey) -> Token:
        window = self.rng.choice((timedelta(hours=1), timedelta(hours=1), timedelta(minutes=1)))
        ttl = self.rng.choice((None, None, timedelta(minutes=2)))
        token = a_token(key, window=window, ttl=ttl, secret_name=self.secret_name)
        return self.store.apply_token(replace(token, annotations=self.rng.choice(({}, {}, GIT))))

    def _bring_forward(self, key: ObjectKey) -> Token:
        end = self.store.now() + timedelta(seconds=self.rng.choice((-1, 5, 600)))
        return self.store.edit_token(key, lambda spec: replace(spec, expires_at=min(end, spec.expires_at or end)))

    def _credential(self, *, suspended: bool = False) -> Credential:
        return self.store.apply_credential(a_credential(suspended=suspended, max_tokens=self.max_tokens))

    def _hesitate(self) -> None:
        for suspended in (True, False, True, False)[: self.rng.randrange(2, 5)]:
            self._credential(suspended=suspended)

    def _begin_to_delete_credential(self) -> None:
        if CREDENTIAL in self.store.credentials:
            self.store.begin_credential_deletion(CREDENTIAL)

    def _delete_credential(self) -> None:
        if CREDENTIAL in self.store.credentials:
            self.store.delete_credential(CREDENTIAL)

    def _replace_credential(self) -> Credential:
        self._delete_credential()
        return self._credential()

    def _free_name(self, key: ObjectKey) -> ObjectKey:
        name = ObjectKey(key.namespace, self.store.tokens[key].spec.secret_name)
        return ObjectKey(key.namespace, "free") if name in self.store.secrets else name


@dataclass(slots=True)
class Reader:
    """Waits for `Ready=True`, then reads the Secret, and mostly deletes it. What it reads must prove the token."""

    store: FakeStore
    rng: random.Random
    ready: list[Token] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    """Two leaders at once may leave a Secret for a moment that is not the recorded one: a reader compares `tokenID`."""
    reads: int = 0

    def step(self) -> str:
        """See whether tokens are ready, or read the Secret of one that was."""
        if not self.ready or self.rng.random() < 0.5:
            self.ready = [token for token in self.store.tokens.values() if _is_ready(token)]
            return f"sees {len(self.ready)} ready"
        token = self.ready.pop(self.rng.randrange(len(self.ready)))
        delivery = token.status.delivery
        name = ObjectKey(token.key.namespace, "" if delivery is None else delivery.secret_name)
        secret = self.store.secrets.get(name)
        if secret is None or secret.token_uid != token.uid:
            return f"finds no Secret of {token.key}"
        self._check(token, secret.uid)
        if self.rng.random() < 0.7:
            self.store.delete_secret(name, secret.uid)
        return f"reads the Secret of {token.key}"

    def _check(self, token: Token, secret_uid: str) -> None:
        self.reads += 1
        secret, status = self.store.every_secret[secret_uid], token.status
        if status.delivery is None or status.delivery.secret_uid != secret_uid:
            self.strays.append(f"{token.key}: a reader found another Secret than the recorded one")
        elif secret.text is None or status.hash is None or not verify_hash(status.hash, secret.text):
            self.surprises.append(f"{token.key}: what a reader got does not prove against the hash")


def _is_ready(token: Token) -> bool:
    delivery = token.status.delivery
    available = delivery is not None and delivery.state is DeliveryState.AVAILABLE
    return available and is_true(token.status.conditions, "Ready")
