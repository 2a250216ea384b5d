"""What must hold after a simulated run, over all that was ever written. Each violation is a sentence."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.conditions import find
from pharia_access.domain.keyring import Keyring
from pharia_access.domain.lifetime import expiry
from pharia_access.domain.model import NOTHING_YET, Credential, ObjectKey, Token
from pharia_access.domain.reasons import DeliveryState, Phase, Reason
from pharia_access.domain.usability import Facts, objection
from tests.support.fakes.store import FakeStore

__all__ = ["violations"]

TIME_TO_MARK = timedelta(seconds=2)
"""How long after its end a token may still look active."""

WHY_NOTHING_WAS_MINTED = frozenset(
    {
        Reason.PENDING_TOO_LONG,
        Reason.DELIVERY_MISSED,
        Reason.CREDENTIAL_REPLACED,
    }
)


def violations(store: FakeStore, now: datetime, *, a_rival_crashed: bool = False) -> Iterator[str]:
    """All that is wrong.

    A leader that lost the lease unawares may create a Secret for a token that was minted and collected, or ended,
    meanwhile, and crash before it takes it away. No hash proves its text, and it goes with its token.
    """
    yield from _minted_once(store)
    yield from _proved(store)
    yield from _delivered(store)
    yield from _taken_away(store)
    yield from _told_as_gone(store)
    yield from _removed(store)
    if not a_rival_crashed:
        yield from _leftovers(store)
    for token in store.tokens.values():
        yield from (f"{token.key} ({token.uid}): {problem}" for problem in _unsettled(store, token, now))


def _minted_once(store: FakeStore) -> Iterator[str]:
    """One ID, one hash, one Secret for each object; nothing is ever taken back; nothing is minted for the revoked."""
    minted: dict[str, tuple[object, ...]] = {}
    for token in (written.token for written in store.history):
        status = token.status
        secret = None if status.delivery is None else status.delivery.secret_uid
        fingerprint = (status.token_id, status.hash, status.mac, secret, status.issued_at, status.expires_at)
        if token.uid in minted and fingerprint != minted[token.uid]:
            yield f"{token.key} ({token.uid}): minted twice, or forgotten"
        if token.uid not in minted and token.minted:
            minted[token.uid] = fingerprint
            if token.spec.revoked:
                yield f"{token.key} ({token.uid}): minted though revoked"


def _proved(store: FakeStore) -> Iterator[str]:
    """The recorded Secret is the token's own, and the hash and the check value are of its text."""
    last = {written.token.uid: written.token for written in store.history if written.token.minted}
    keyring = None if store.keyring is None else Keyring.parse(store.keyring[0])
    for token in last.values():
        status = token.status
        secret = None if status.delivery is None else store.every_secret.get(status.delivery.secret_uid)
        if secret is None or secret.text is None or status.hash is None or secret.token_uid != token.uid:
            yield f"{token.key} ({token.uid}): the recorded Secret is not its own"
        elif secret.text.token_id != status.token_id or not verify_hash(status.hash, secret.text):
            yield f"{token.key} ({token.uid}): the hash is not of the Secret's text"
        elif status.mac is not None and (
            keyring is None or (status.mac.key_id, status.mac.value) != keyring.mac(secret.text)
        ):
            yield f"{token.key} ({token.uid}): the check value is not of the Secret's text"


def _delivered(store: FakeStore) -> Iterator[str]:
    """When a token became ready, its Secret was there to be read."""
    seen: set[str] = set()
    for written in store.history:
        if written.token.minted and written.token.uid not in seen:
            seen.add(written.token.uid)
            if not written.secret_there:
                yield f"{written.token.key} ({written.token.uid}): Ready without a Secret to read"


def _taken_away(store: FakeStore) -> Iterator[str]:
    """No Secret went while its reader still had the right to it."""
    for gone in store.withdrawals:
        token, status = gone.token, None if gone.token is None else gone.token.status
        if token is None or status is None or status.delivery is None or status.credential is None:
            continue
        open_ = status.delivery.secret_uid == gone.secret.uid and status.delivery.deadline > gone.at
        over = token.deleting or token.spec.revoked or status.credential.uid not in gone.credential_uids
        if open_ and not over and status.phase is Phase.ACTIVE and (expiry(token) or gone.at) > gone.at:
            yield f"{token.key} ({token.uid}): its Secret was taken away"


def _told_as_gone(store: FakeStore) -> Iterator[str]:
    """No Secret that still stood was said to be collected or withdrawn."""
    for written in store.history:
        delivery = written.token.status.delivery
        if delivery is not None and delivery.state is not DeliveryState.AVAILABLE and written.secret_there:
            yield f"{written.token.key} ({written.token.uid}): {delivery.state} though its Secret stands"


def _removed(store: FakeStore) -> Iterator[str]:
    """The operator deleted no token of a credential that was there, nor one that came after that credential."""
    born = {
        change.object.uid: int(change.object.resource_version) for change in store.changes if change.type == "ADDED"
    }
    for token, credential in ((removal.token, removal.credential) for removal in store.removals):
        if credential is None:
            continue
        if born[token.uid] > born[credential.uid] or token.status.credential == credential.identity:
            yield f"{token.key} ({token.uid}): deleted, though {credential.key} ({credential.uid}) was there before it"


def _leftovers(store: FakeStore) -> Iterator[str]:
    for secret in store.secrets.values():
        token = store.tokens.get(ObjectKey(secret.key.namespace, secret.token_name))
        delivery = None if token is None else token.status.delivery
        open_uid = delivery.secret_uid if delivery and delivery.state is DeliveryState.AVAILABLE else None
        waits = token is not None and token.uid == secret.token_uid and token.status.phase is Phase.PENDING
        if open_uid != secret.uid and not waits:
            yield f"{secret.key} ({secret.uid} of {secret.token_uid}): a Secret was left behind"


def _unsettled(store: FakeStore, token: Token, now: datetime) -> Iterator[str]:
    status = token.status
    ready = find(status.conditions, "Ready")
    credential = store.credentials.get(ObjectKey(token.key.namespace, token.spec.credential_name))
    if status.phase is None or ready is None or status.observed_generation in {NOTHING_YET, token.generation - 1}:
        yield "nobody judged it"
        return
    orphaned = status.credential is not None and (credential is None or credential.uid != status.credential.uid)
    if orphaned and (credential is None or status.phase is not Phase.FAILED):
        yield f"{status.phase} though its credential is gone"
    yield from _misjudged(token, credential, now)
    ended = (end := expiry(token)) is not None and end + TIME_TO_MARK <= now
    if status.phase is Phase.ACTIVE and (token.spec.revoked or ended or not token.minted):
        yield "Active though it ended"
    if status.phase is Phase.PENDING and not _hindered(store, token):
        yield f"waits for nothing: {ready.reason}"
    if status.phase is Phase.FAILED and ready.reason not in WHY_NOTHING_WAS_MINTED:
        yield f"failed without a reason: {ready.reason}"


def _misjudged(token: Token, credential: Credential | None, now: datetime) -> Iterator[str]:
    """What Active says is what a verifier would; of what ends just now either is right."""
    active = find(token.status.conditions, "Active")
    verdicts = [objection(Facts.of(token), credential, moment) for moment in (now - TIME_TO_MARK, now)]
    if active is None or (active.status == "True") not in [verdict is None for verdict in verdicts]:
        yield f"Active is {active and active.status}, and a verifier says {verdicts[-1] or 'yes'}"
    if token.minted and not token.deleting and any(owner.is_credential for owner in token.owners):
        yield "it has the owner of an earlier version still"


def _hindered(store: FakeStore, token: Token) -> bool:
    credential = store.credentials.get(ObjectKey(token.key.namespace, token.spec.credential_name))
    if credential is None or credential.suspended or credential.deleting:
        return True
    active = sum(other.status.phase is Phase.ACTIVE for other in store.tokens.values())
    full = credential.policy.max_tokens is not None and active >= credential.policy.max_tokens
    name = ObjectKey(token.key.namespace, token.spec.secret_name)
    taken = name in store.foreign_secrets or (name in store.secrets and store.secrets[name].token_uid != token.uid)
    return full or taken
