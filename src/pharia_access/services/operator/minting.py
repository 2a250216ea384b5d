"""Mints a token's one secret, exactly once per object: through crashes, retries and two leaders at a time.

The Secret under the token's deterministic name is the lock: whoever creates it decides the text, everybody else
adopts it. Only then is it hashed and recorded, by compare-and-set. What proves that a Secret is this token's is
`data.tokenUID` in an immutable Secret of our type; owner references can be edited by others and prove nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from pharia_access.domain.api_values import ForeignSecret, OneTimeSecret
from pharia_access.domain.deletions import Held, named
from pharia_access.domain.keyring import Keyring
from pharia_access.domain.lifecycle.decisions import WriteStatus
from pharia_access.domain.lifecycle.token_status import Minted, Outcome, minted_status, status_of
from pharia_access.domain.lifetime import end_of_life
from pharia_access.domain.model import (
    Credential,
    Delivery,
    DeliveryState,
    Mac,
    ObjectKey,
    Phase,
    Policy,
    Reason,
    Token,
)
from pharia_access.domain.times import whole_seconds
from pharia_access.domain.token import TokenText, mint
from pharia_access.errors import (
    AlreadyExistsError,
    ApiError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    InvalidObjectError,
    NotFoundError,
)
from pharia_access.services.operator.ports import Ports

__all__ = ["Minting"]


class Minting:
    """Use `prepare_mint` for what to write, and `delete_leftover` when writing it may have lost a race.

    Args:
        keyring: gives the keys as last read, None while there are none.
        holds_back: whether a namespace's work is to leave room to that of others.
    """

    def __init__(
        self,
        ports: Ports,
        *,
        policy: Policy,
        prefix: str,
        keyring: Callable[[], Keyring | None],
        holds_back: Callable[[str], bool],
    ) -> None:
        self._cluster, self._secrets, self._clock = ports.cluster, ports.secrets, ports.clock
        self._entropy, self._hasher = ports.entropy, ports.hasher
        self._policy = policy
        self._prefix = prefix
        self._keyring = keyring
        self._holds_back = holds_back

    async def prepare_mint(self, token: Token, credential: Credential) -> WriteStatus:
        """Get hold of the token's Secret and hash its text; returns the status that says how it went.

        Raises ConflictError to be asked again: the Secret vanished or gave way meanwhile.
        """
        change = await self._prepare_claimed(token, credential)
        return replace(change, status=replace(change.status, credential=credential.identity))

    async def _prepare_claimed(self, token: Token, credential: Credential) -> WriteStatus:
        try:
            secret = await self._claim(token)
        except (ForbiddenError, InvalidError) as refusal:
            return self._refused(token, refusal)
        if not isinstance(secret, OneTimeSecret):
            return self._conflict(token, secret)
        delivery = self._delivery(token, credential, secret)
        if secret.text is None or delivery.deadline <= self._clock.now():
            return self._missed(token)  # its Secret goes once that is written: another leader may be ahead of us
        minted = Minted(
            credential=credential.identity,
            token_id=secret.text.token_id,
            hash=await self._prove(secret.text, token.key.namespace),
            mac=self._mac(secret.text),
            issued_at=whole_seconds(secret.created),
            expires_at=self._end(token, credential, secret),
            delivery=delivery,
        )
        return WriteStatus(minted_status(token, minted, self._clock.now()))

    async def delete_leftover(self, token: Token) -> Held | None:
        """Delete a Secret of this token that its status does not record and never will. Others' Secrets stay.

        Returns why it still stands; None where it does not.
        """
        sighting = await self._secrets.inspect_secret(_secret_key(token))
        recorded = None if token.status.delivery is None else token.status.delivery.secret_uid
        if isinstance(sighting, OneTimeSecret) and _is_of(sighting, token) and sighting.uid != recorded:
            return (await self._secrets.delete_secret(sighting.key, sighting.uid)).held
        return None

    async def _claim(self, token: Token) -> OneTimeSecret | Held | None:
        """The token's Secret, created or adopted; None if the name is taken by somebody else's.

        Held: by the Secret of an earlier token, which was deleted and still stands.
        """
        try:
            return await self._secrets.create_one_time_secret(token, mint(self._prefix, self._entropy))
        except AlreadyExistsError:
            pass
        sighting = await self._secrets.inspect_secret(_secret_key(token))
        match sighting:
            case OneTimeSecret() if _is_of(sighting, token):
                return sighting
            case OneTimeSecret() if await self._is_abandoned(sighting):
                if held := (await self._secrets.delete_secret(sighting.key, sighting.uid)).held:
                    return held
                message = f"the Secret of an earlier token of {token.key} gave way"
                raise ConflictError(message)
            case OneTimeSecret() | ForeignSecret():
                return None
            case None:
                message = f"the Secret of {token.key} vanished while it was looked at"
                raise ConflictError(message)

    async def _is_abandoned(self, secret: OneTimeSecret) -> bool:
        """Whether the token that a Secret names is gone, or another object has its name now."""
        try:
            live = await self._cluster.read_token(ObjectKey(secret.key.namespace, secret.token_name))
        except NotFoundError:
            return True
        except (InvalidObjectError, InvalidError):  # such a name no object can have
            return False
        return live.uid != secret.token_uid

    def _delivery(self, token: Token, credential: Credential, secret: OneTimeSecret) -> Delivery:
        """The window counts from the Secret's creation, and is over when the token is."""
        deadline = min(secret.created + token.spec.window, self._end(token, credential, secret))
        return Delivery(secret.key.name, secret.uid, whole_seconds(deadline), DeliveryState.AVAILABLE)

    def _end(self, token: Token, credential: Credential, secret: OneTimeSecret) -> datetime:
        issued_at = whole_seconds(secret.created)
        return end_of_life(token.spec, policy=self._policy, token_policy=credential.policy, issued_at=issued_at)

    async def _prove(self, text: TokenText, namespace: str) -> str:
        return await self._hasher.hash_token(text, namespace=namespace, patient=self._holds_back(namespace))

    def _mac(self, text: TokenText) -> Mac | None:
        keyring = self._keyring()
        return None if keyring is None else Mac(*keyring.mac(text), keyring.current.fingerprint)

    def _conflict(self, token: Token, held: Held | None) -> WriteStatus:
        name = token.spec.secret_name
        obstacle = (
            f"A Secret named {name} exists that is not this token's; it was left alone. Delete it"
            if held is None
            else f"Secret {name} of an earlier token was deleted and still stands, held by {named(held.finalizers)}. "
            "Have that taken off"
        )
        message = f"{obstacle}, or create an ApiToken with another spec.delivery.secretName."
        outcome = Outcome(Phase.PENDING, Reason.SECRET_CONFLICT, message, stalled=True)
        return WriteStatus(status_of(token, outcome, self._clock.now()))

    def _refused(self, token: Token, refusal: ApiError) -> WriteStatus:
        message = (
            f"The API server refuses the one-time Secret: {refusal}. Look at the quotas and admission policies of this "
            "namespace and at the operator's rights; it is tried again every half minute, where many wait more rarely."
        )
        outcome = Outcome(Phase.PENDING, Reason.SECRET_REFUSED, message, stalled=True)
        return WriteStatus(status_of(token, outcome, self._clock.now()))

    def _missed(self, token: Token) -> WriteStatus:
        message = (
            f"The window of Secret {token.spec.secret_name} closed before the mint could be finished, so nobody can "
            "have the token. Delete this ApiToken and create it again."
        )
        outcome = Outcome(Phase.FAILED, Reason.DELIVERY_MISSED, message, stalled=True)
        return WriteStatus(status_of(token, outcome, self._clock.now()))


def _secret_key(token: Token) -> ObjectKey:
    return ObjectKey(token.key.namespace, token.spec.secret_name)


def _is_of(secret: OneTimeSecret, token: Token) -> bool:
    return secret.immutable and secret.token_uid == token.uid
