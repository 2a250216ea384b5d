"""Objects made so that a known objection is the first that holds, in the order that is written here once more."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from pharia_access.domain.keyring import Keyring
from pharia_access.domain.times import format_time
from pharia_access.domain.token import mint
from pharia_access.domain.verdict import Refusal
from tests.support.builders.stored_objects import MINTED_STATUS, stored_credential, stored_token

__all__ = ["HOUR", "KEYRING", "ORDER", "TEXT", "Case", "Json", "cases"]

Json = dict[str, Any]

ORDER: Final = (
    Refusal.REVOKED,
    Refusal.BEING_DELETED,
    Refusal.EXPIRED,
    Refusal.CREDENTIAL_GONE,
    Refusal.CREDENTIAL_REPLACED,
    Refusal.CREDENTIAL_BEING_DELETED,
    Refusal.CREDENTIAL_SUSPENDED,
)

NOW: Final = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
TEXT: Final = mint("pharia", secrets.token_bytes)
KEYRING: Final = Keyring.fresh(secrets.token_bytes, datetime(2026, 1, 1, tzinfo=UTC))
KEY, VALUE = KEYRING.mac(TEXT)
STATUS: Final = {**MINTED_STATUS, "tokenID": TEXT.token_id, "mac": {"keyID": KEYRING.current.key_id, "value": VALUE}}


@dataclass(frozen=True)
class Case:
    """Two objects as the API server has them, a moment, and the first objection that holds."""

    token: Json
    credential: Json | None
    now: datetime
    verdict: Refusal | None


lives = st.timedeltas(SECOND, timedelta(days=300)).map(lambda life: timedelta(seconds=int(life.total_seconds())))
zones = st.sampled_from(["Z", "+01:00", "-11:30"])


def written(moment: datetime, zone: str) -> str:
    """A time as somebody may write it."""
    if zone == "Z":
        return format_time(moment)
    return moment.astimezone(datetime.fromisoformat(f"2026-01-01T00:00:00{zone}").tzinfo).isoformat()


@st.composite
def cases(draw: st.DrawFn, verdict: Refusal | None) -> Case:
    """What comes after the verdict in the order may hold as well; what comes before does not."""
    place = ORDER.index(verdict) if verdict in ORDER else len(ORDER)
    unminted = verdict is Refusal.UNKNOWN_TOKEN
    holds = {
        one: (unminted and draw(st.booleans())) or at == place or (at > place and draw(st.booleans()))
        for at, one in enumerate(ORDER)
    }
    now = NOW + draw(st.sampled_from([timedelta(0), timedelta(microseconds=1), SECOND, -HOUR]))
    status: Json = {"observedGeneration": 1} if unminted else {**STATUS, **ends(draw, now, over=holds[Refusal.EXPIRED])}
    spec = draw(wished(now, status.pop("spec", {}), revoked=holds[Refusal.REVOKED]))
    token = stored_token(status=status, **spec)
    if holds[Refusal.BEING_DELETED]:
        token["metadata"] |= {"deletionTimestamp": format_time(now), "finalizers": ["x.example/hold"]}
    return Case(token, draw(credentials(holds)), now, verdict)


def ends(draw: st.DrawFn, now: datetime, *, over: bool) -> Json:
    """Both ends: which one counts is left to chance, as is how near it is."""
    whole = now.replace(microsecond=0)
    near = draw(st.sampled_from([timedelta(0), SECOND]) | lives)
    end = whole - near if over else whole + max(near, SECOND)
    later = end + draw(lives)
    fixed, wish = draw(st.sampled_from([(end, None), (end, later), (later, end), (end, end)]))
    found: Json = {"issuedAt": format_time(end - HOUR), "expiresAt": format_time(fixed)}
    return found if wish is None else {**found, "spec": {"expiresAt": written(wish, draw(zones))}}


@st.composite
def wished(draw: st.DrawFn, now: datetime, spec: Json, *, revoked: bool) -> Json:
    """The spec. Not revoked is said in several ways."""
    if revoked:
        return {**spec, "revoked": True}
    return {**spec, **draw(st.sampled_from([{}, {"revoked": False}, {"revoked": None}]))}


@st.composite
def credentials(draw: st.DrawFn, holds: dict[Refusal, bool]) -> Json | None:
    """The one of the token's credential's name."""
    if holds[Refusal.CREDENTIAL_GONE]:
        return None
    suspended: list[Json] = [{}, {"suspended": False}, {"suspended": None}]
    if holds[Refusal.CREDENTIAL_SUSPENDED]:
        suspended = [{"suspended": True}]
    body = stored_credential(**draw(st.sampled_from(suspended)))
    if holds[Refusal.CREDENTIAL_REPLACED]:
        body["metadata"]["uid"] = draw(st.sampled_from(["credential-2", "credential-1x"]))
    if holds[Refusal.CREDENTIAL_BEING_DELETED]:
        body["metadata"]["deletionTimestamp"] = "2026-12-01T00:00:00Z"
    return body
