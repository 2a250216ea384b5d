"""People around a WorkloadToken: they take, revoke, delete and ask at the worst moments."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from pharia_access.domain.model import ObjectKey, Token
from pharia_access.domain.workload import WORKLOAD_LABEL, KeptSecret, WorkloadSpec, WorkloadToken
from tests.support.builders.domain_objects import CREDENTIAL, NOW, a_credential, a_role
from tests.support.fakes.store import FakeStore
from tests.support.fakes.stored_workloads import StoredWorkloads
from tests.support.fakes.virtual_time import FakeClock

__all__ = ["APP", "WorkloadPeople", "a_workload", "children"]

APP = ObjectKey(CREDENTIAL.namespace, "app")
LIFE = timedelta(hours=6)


def a_workload(
    key: ObjectKey = APP,
    *,
    secret: str | None = None,
    ttl: timedelta | None = LIFE,
    renew_before: timedelta | None = None,
    rotate: str | None = None,
    suspended: bool = False,
) -> WorkloadToken:
    """A WorkloadToken under the usual credential."""
    spec = WorkloadSpec(
        credential_name=CREDENTIAL.name,
        secret=KeptSecret(secret or key.name),
        ttl=ttl,
        renew_before=renew_before,
        rotate=rotate,
        suspended=suspended,
    )
    return WorkloadToken(key, uid="workload-1", resource_version="1", generation=1, created=NOW, spec=spec)


def children(store: FakeStore) -> list[Token]:
    """All ApiTokens that a WorkloadToken made."""
    return [token for token in store.tokens.values() if WORKLOAD_LABEL in token.labels]


@dataclass(slots=True)
class WorkloadPeople:
    """What they ended is remembered: a text that they ended may be anywhere."""

    store: FakeStore
    workloads: StoredWorkloads
    rng: random.Random
    clock: FakeClock
    ended: set[str] = field(default_factory=set)
    """UIDs of ApiTokens."""
    asked: int = 0
    asked_at: int = 0
    """The last number that had been given when somebody last asked."""

    def prepare(self) -> None:
        """A credential, its role, a WorkloadToken."""
        self.store.roles["studio-user"] = a_role()
        self.store.apply_credential(a_credential(max_tokens=self.rng.choice((None, None, 1))))
        self.workloads.apply(a_workload(renew_before=self.rng.choice((None, timedelta(hours=3)))))

    def act(self) -> str:
        """Do something; says what."""
        what, action = self.rng.choice(self._actions())
        action()
        return what

    def let_go(self) -> None:
        """Take back all that stands in the way."""
        self.store.apply_credential(replace(self.store.credentials[CREDENTIAL], suspended=False))
        self.workloads.edit(APP, lambda spec: replace(spec, suspended=False))

    def _actions(self) -> list[tuple[str, Callable[[], object]]]:
        return [
            ("delete the Secret", lambda: self.workloads.delete_kept(APP)),
            ("delete the Secret", lambda: self.workloads.delete_kept(APP)),
            ("take a one-time Secret", self._take),
            ("take a one-time Secret", self._take),
            ("revoke a token", self._revoke),
            ("delete a token", self._delete),
            ("ask for another token", self._ask),
            ("ask for another token", self._ask),
            ("suspend or resume something", self.rng.choice((self._pause, self._suspend))),
            ("ask for another token", self._ask),
            ("ask for another token", self._ask),
            ("let minutes pass", lambda: self.clock.advance(self.rng.choice((5, 70, 400)))),
            ("let minutes pass", lambda: self.clock.advance(self.rng.choice((5, 70, 400)))),
            ("let an hour pass", lambda: self.clock.advance(3700)),
        ]

    def _take(self) -> None:
        if self.store.secrets:
            secret = self.rng.choice([*self.store.secrets.values()])
            self.store.delete_secret(secret.key, secret.uid)

    def _revoke(self) -> None:
        if found := children(self.store):
            token = self.rng.choice(found)
            self.ended.add(token.uid)
            self.store.edit_token(token.key, lambda spec: replace(spec, revoked=True))

    def _delete(self) -> None:
        if found := children(self.store):
            token = self.rng.choice(found)
            self.ended.add(token.uid)
            self.store.delete_token(token.key)

    def _ask(self) -> None:
        self.asked += 1
        self.asked_at = self.store.workloads[APP].status.revision
        self.workloads.edit(APP, lambda spec: replace(spec, rotate=f"ask {self.asked}"))

    def _pause(self) -> None:
        self.workloads.edit(APP, lambda spec: replace(spec, suspended=not spec.suspended))

    def _suspend(self) -> None:
        credential = self.store.credentials[CREDENTIAL]
        self.store.apply_credential(replace(credential, suspended=not credential.suspended))
