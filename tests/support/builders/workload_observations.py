"""What a WorkloadToken's rules look at, so that a row shows only what matters to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pharia_access.domain.conditions import Condition, find
from pharia_access.domain.lifecycle.workload.decisions import Answers, InSync, Observed, Sight, WriteStatus
from pharia_access.domain.lifecycle.workload.workload_rules import decide
from pharia_access.domain.model import (
    Credential,
    Delivery,
    DeliveryState,
    ObjectKey,
    OwnerReference,
    Phase,
    Policy,
    Token,
    TokenSpec,
    TokenStatus,
)
from pharia_access.domain.workload import (
    WORKLOAD_LABEL,
    Current,
    KeptSecret,
    Losses,
    Pending,
    Replaced,
    Why,
    WorkloadSpec,
    WorkloadStatus,
    WorkloadToken,
)
from tests.support.builders.domain_objects import CREDENTIAL, HASH, NOW, a_credential

__all__ = [
    "APP",
    "BORN",
    "END",
    "LIFE",
    "SETTLE",
    "a_child",
    "a_current",
    "a_workload",
    "observed",
    "pending",
    "ready",
    "replaced",
    "settled",
    "token_id",
    "with_current",
]

APP: Final = ObjectKey(CREDENTIAL.namespace, "app")
LIFE: Final = timedelta(days=30)
BORN: Final = NOW - timedelta(days=1)
END: Final = BORN + LIFE
SETTLE: Final = timedelta(minutes=5)


def a_workload(
    *,
    status: WorkloadStatus = WorkloadStatus(),  # noqa: B008 - frozen
    ttl: timedelta | None = None,
    renew_before: timedelta | None = timedelta(days=10),
    rotate: str | None = None,
    suspended: bool = False,
    deleting: bool = False,
    labels: dict[str, str] | None = None,
    uid: str = "workload-1",
) -> WorkloadToken:
    """The WorkloadToken finance/app."""
    return WorkloadToken(
        key=APP,
        uid=uid,
        resource_version="1",
        generation=1,
        created=BORN,
        spec=WorkloadSpec(CREDENTIAL.name, KeptSecret(APP.name), ttl, renew_before, rotate, suspended),
        status=status,
        deleting=deleting,
        labels=labels or {},
    )


def a_child(
    number: int,
    *,
    phase: Phase | None = Phase.ACTIVE,
    born: datetime = BORN,
    end: datetime | None = None,
    used: datetime | None = None,
    ended_at: datetime | None = None,
    delivery: DeliveryState = DeliveryState.COLLECTED,
    revoked: bool = False,
    cut: datetime | None = None,
    name: str = "",
) -> Token:
    """The ApiToken of a number; a phase of None is one that nobody has judged."""
    name = name or f"app-{number}"
    minted = phase is not None and phase is not Phase.PENDING
    end = end or born + LIFE
    return Token(
        key=ObjectKey(APP.namespace, name),
        uid=f"uid-{name}",
        resource_version="1",
        generation=1,
        created=born,
        spec=TokenSpec(CREDENTIAL.name, timedelta(hours=24), f"{name}-token", expires_at=cut, revoked=revoked),
        status=TokenStatus(
            observed_generation=1,
            phase=phase,
            conditions=(Condition("Ready", "True", "Issued", "Good.", 1, born),) if minted else (),
            token_id=token_id(number) if minted else None,
            credential=a_credential().identity if minted else None,
            issued_at=born if minted else None,
            expires_at=end if minted else None,
            ends_at=ended_at or end,
            hash=HASH if minted else None,
            delivery=Delivery(f"{name}-token", f"secret-{name}", born + timedelta(hours=24), delivery)
            if minted
            else None,
        ),
        labels={WORKLOAD_LABEL: APP.name},
        owners=(OwnerReference("access.pharia.ai/v1alpha1", "WorkloadToken", APP.name, "workload-1", controller=True),),
        last_used=used,
    )


def token_id(number: int) -> str:
    """A public ID for each number."""
    return f"{number:016}".translate(str.maketrans("0123456789", "abcdefghij"))


def a_current(number: int = 1, *, born: datetime = BORN, delivered: datetime = BORN) -> Current:
    """What the status says of the token in the Secret."""
    return Current(number, f"app-{number}", f"uid-app-{number}", token_id(number), delivered, born, born + LIFE)


def pending(number: int, *, uid: str | None = "", why: Why = Why.ASKED) -> Pending:
    """A number that was given; its ApiToken is known unless `uid` is None."""
    name = f"app-{number}"
    return Pending(number, name, why, BORN, f"uid-{name}" if uid == "" else uid)


def with_current(
    number: int = 1,
    *,
    revision: int | None = None,
    waits: Pending | None = None,
    replaced: tuple[Replaced, ...] = (),
    lost: Losses = Losses(),  # noqa: B008 - frozen
    rotate: str | None = None,
) -> WorkloadStatus:
    """The status of one whose Secret holds that number."""
    return WorkloadStatus(
        observed_generation=1,
        revision=number if revision is None else revision,
        rotate=rotate,
        current=a_current(number),
        pending=waits,
        replaced=replaced,
        lost=lost,
        bound=APP.name,
    )


def observed(
    workload: WorkloadToken,
    *children: Token,
    credential: Credential | None = None,
    no_credential: bool = False,
    credential_invalid: bool = False,
    guards_objection: str = "",
    rival: str = "",
    slot_free: bool = True,
    secret: Sight | None = None,
    answers: Answers | None = None,
    refuse_issued_before: datetime | None = None,
) -> Observed:
    """The object with its ApiTokens and a credential that is there."""
    found = None if no_credential or credential_invalid else credential or a_credential()
    return Observed(
        workload,
        {child.key.name: child for child in children},
        found,
        Policy(),
        SETTLE,
        credential_invalid=credential_invalid,
        guards_objection=guards_objection,
        rival=rival,
        slot_free=slot_free,
        secret=secret,
        answers=answers,
        refuse_issued_before=refuse_issued_before,
    )


def settled(seen: Observed, now: datetime = NOW) -> WorkloadStatus:
    """The status when nothing more is written."""
    for _ in range(3):
        answer = decide(seen, now)
        if isinstance(answer, InSync):
            return seen.workload.status
        assert isinstance(answer, WriteStatus)
        seen = replace(seen, workload=replace(seen.workload, status=answer.status))
    message = "something is written again and again"
    raise AssertionError(message)


def ready(status: WorkloadStatus) -> tuple[str, str]:
    found = find(status.conditions, "Ready")
    assert found is not None
    return found.status, found.reason


def replaced(number: int, *, end: datetime = END) -> Replaced:
    """What the status says of a token that was in the Secret before."""
    return replace(a_current(number).as_replaced, expires_at=end)
