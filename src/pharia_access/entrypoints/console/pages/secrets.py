"""A token's secret, for our script only: it is in no document. It goes once somebody says that it is stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from pharia_access.domain.administration.collection_state import Pending, Unavailable, collection_state
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.deletions import named
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.reasons import DeliveryState
from pharia_access.entrypoints.console.failures import explain
from pharia_access.entrypoints.console.visits import Answer, Data, Visit
from pharia_access.entrypoints.console.words import moment
from pharia_access.errors import AccessError
from pharia_access.services.administration.collecting import Collector
from pharia_access.services.administration.rotation import end_replaced

__all__ = ["TAKEN", "collected", "confirming", "finish_rotation", "read", "state"]

TAKEN = "The secret was taken by somebody else. If that was not you: revoke it."

_ELSEWHERE = "The secret was confirmed as stored in another tab."
_COPIED = "The secret is in your clipboard. Clear it when you have stored it."
_GONE = "Somebody took it before you confirmed it. If that was not you: revoke the token."
_STORED = "The secret is stored, and cannot be shown again."


async def read(visit: Visit) -> Answer:
    """The secret, or why it is not there (yet). Raises CollectError."""
    token = await _token(visit, visit.key)
    match collection_state(token):
        case Pending(why):
            return Data({"state": "waiting", "why": f"Waiting for the operator: {why}."})
        case Unavailable(why):
            return Data({"state": "failed", "why": f"The secret cannot be shown: {why}."}, HTTPStatus.CONFLICT)
        case _:
            collector = Collector(lambda key: _token(visit, key), visit.context.deliveries, visit.context.clock)
            _, text = await collector.read(token)
            visit.session.awaited[token.uid] = visit.context.clock.now()
            return Data({"state": "ready", "text": text.reveal(), "masked": f"{str(text).removesuffix('…')}••••"})


async def state(visit: Visit) -> Answer:
    """Whether the secret that an open box shows still waits; the box asks while it is open."""
    token = await _token(visit, visit.key)
    now = collection_state(token)
    if token.uid in visit.session.confirmed:
        return Data({"state": "gone", "why": _ELSEWHERE})
    if not isinstance(now, Unavailable):
        return Data({"state": "there"})
    why = f"The secret cannot be collected: {now.why}."
    if token.delivery == DeliveryState.COLLECTED:
        why = TAKEN if token.uid in visit.session.awaited else _ELSEWHERE
    return Data({"state": "gone", "why": why})


@contextmanager
def confirming(visit: Visit, token: TokenSummary) -> Iterator[None]:
    """Nobody here awaits the secret any more, unless it fails: no other tab takes it for somebody else's doing."""
    awaited = visit.session.awaited
    before = {token.uid: awaited.pop(token.uid)} if token.uid in awaited else {}
    try:
        yield
    except AccessError:
        awaited |= before
        raise


async def collected(visit: Visit) -> Answer:
    """The person has it: the one-time Secret goes, and what was to follow a rotation follows."""
    token = await _token(visit, visit.key)
    if visit.session.awaited.get(token.uid) is None:
        why = "This secret was not shown here, or it was confirmed already."
        return Data({"state": "failed", "why": why}, HTTPStatus.CONFLICT)
    secret = ObjectKey(token.key.namespace, token.secret_name)
    with confirming(visit, token):
        deletion = await visit.context.deliveries.delete(secret, token.secret_uid)
    told = [_COPIED if visit.form.one("how") == "copied" else _STORED]
    if not deletion.found:
        told.append(_GONE)
    if deletion.held is None:
        visit.session.confirmed.add(token.uid)
    else:
        told.append(f"Its one-time Secret {secret.name} still stands: {named(deletion.held.finalizers)} holds it.")
    visit.session.notice = " ".join([*told, *(await finish_rotation(visit, token))])
    return Data({"state": "collected"}, turn=True)


async def _token(visit: Visit, key: ObjectKey) -> TokenSummary:
    return (await visit.context.objects.read(TokenSummary, key)).summary


async def finish_rotation(visit: Visit, token: TokenSummary) -> list[str]:
    """Bring the end of the token forward that this one replaces; the secret is stored whatever comes of it."""
    plan = visit.session.rotations.pop(token.uid, None)
    if plan is None:
        return []
    name = plan.old.summary.key.name
    try:
        old = await end_replaced(visit.context, plan)
    except AccessError as error:
        return [f"The old token {name} is still valid: {explain(error).sentence}"]
    return [f"The old token {name} ends at {moment(old.ends)}." if old.ends else f"The old token {name} ends."]
