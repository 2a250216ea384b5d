"""Brings one token to what its spec asks for: gather, decide, apply, and again until nothing is left to do."""

from dataclasses import replace

from pharia_access.domain import token_rules, token_status
from pharia_access.domain.decisions import (
    DeleteToken,
    InSync,
    Mint,
    Observed,
    SecretFate,
    SetOwners,
    Settle,
)
from pharia_access.domain.model import Credential, DeliveryState, ObjectKey, Phase, Policy, Token
from pharia_access.errors import DeniedError, InvalidError, MalformedObjectError, NotFoundError
from pharia_access.services.counting import Counting, Place
from pharia_access.services.intake import Intake
from pharia_access.services.minting import Minting
from pharia_access.services.pacer import Pacer
from pharia_access.services.ports import Ports
from pharia_access.services.probes import Probes
from pharia_access.services.scopes import Scopes
from pharia_access.services.view import View

__all__ = ["ComeBack", "TokenReconciler"]

MOST_ROUNDS = 6
"""A token needs three rounds at most (mint, own, in sync); more is a fault, and waits for the next event."""

CONFLICT_RETRY_SECONDS = 30.0
"""When a token that another's Secret blocks is tried again, at the earliest; where many are, a namespace's share."""


class ComeBack(Exception):  # noqa: N818 - a request, not a fault
    """The token needs another look after this long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"look again after {seconds:g} s")
        self.seconds = seconds


class TokenReconciler:
    """One call of `reconcile` at a time per key: the work queue sees to it."""

    def __init__(  # noqa: PLR0913 - collaborators, by keyword
        self,
        ports: Ports,
        *,
        minting: Minting,
        counting: Counting,
        view: View,
        scopes: Scopes,
        intake: Intake,
        probes: Probes,
        policy: Policy,
        deletes: Pacer,
    ) -> None:
        self._cluster, self._secrets, self._clock = ports.cluster, ports.secrets, ports.clock
        self._recorder, self._metrics = ports.recorder, ports.metrics
        self._minting = minting
        self._counting = counting
        self._view = view
        self._scopes = scopes
        self._intake = intake
        self._probes = probes
        self._policy = policy
        self._deletes = deletes
        self._begun: dict[ObjectKey, Token] = {}  # mints whose end we have not seen
        self._taken_away: dict[ObjectKey, str] = {}  # UIDs of Secrets that we deleted, until statuses say so

    async def reconcile(self, key: ObjectKey) -> None:
        """Do what the token's rules say. Raises leaves of ApiError, MalformedObjectError, ComeBack."""
        seen = self._intake.fresh(key)
        if seen is not None and await self._bring_in_sync(seen, live=False):
            return
        try:
            token = await self._cluster.read_token(key)
        except NotFoundError:
            await self._forget(key)
            return
        await self._bring_in_sync(token, live=True)

    async def _bring_in_sync(self, token: Token, *, live: bool) -> bool:
        """Decide and apply until nothing is left; False: what comes next wants a live read, and nothing was done."""
        for _ in range(MOST_ROUNDS):
            observed = await self._with_credential(token)
            try:
                gathered = await self._gather(observed, live=live)
                if gathered is None:
                    return True
                decision = token_rules.decide(gathered, self._clock.now())
                if isinstance(decision, InSync):
                    await self._leave(token, decision)
                    return True
                if not live and isinstance(decision, Mint | DeleteToken):
                    return False
                changed = await self._apply(gathered, decision)
            finally:
                self._counting.leave(token.key, observed.credential)
            if changed is None:
                return True
            token, live = changed, True
        return True

    async def _forget(self, key: ObjectKey) -> None:
        self._intake.token_gone(key)
        self._taken_away.pop(key, None)
        if key in self._begun:  # deleted under our hands: no status names its Secret
            await self._minting.delete_leftover(self._begun[key])
            del self._begun[key]

    async def _leave(self, token: Token, decision: InSync) -> None:
        await self._tidy_up(token)
        self._intake.token_written(token)
        self._intake.settled(token, decision)

    async def _with_credential(self, token: Token) -> Observed:
        """Its credential from the view; live where that may be old, or would have the token wait, fail or go."""
        key = ObjectKey(token.key.namespace, token.spec.credential_name)
        observed = Observed(token=token, credential=self._view.credential(key), policy=self._policy)
        recorded, known = token.status.credential, observed.credential
        if known is not None and self._scopes.of(key.namespace).heard and recorded in (None, known.identity):
            return observed
        try:
            credential = await self._cluster.read_credential(key)
        except NotFoundError:
            return replace(observed, credential=None)
        except MalformedObjectError:
            return replace(observed, credential=None, credential_malformed=True)
        self._intake.credential_seen(credential)
        return replace(observed, credential=credential)

    async def _gather(self, observed: Observed, *, live: bool) -> Observed | None:
        """All that the rules look at; None where it is asked again by itself."""
        observed = replace(observed, secret_gone=await self._secret_gone(observed.token))
        credential = observed.credential
        if credential is None or not isinstance(token_rules.decide(observed, self._clock.now()), Mint):
            return observed
        place = await self._counting.find(observed.token, credential, live=live)
        return None if place is Place.UNKNOWN else replace(observed, slot_free=place is Place.FREE)

    async def _secret_gone(self, token: Token) -> bool:
        """Looked for where a probe missed it, and once more when its window ends. What we deleted, no reader did."""
        delivery = token.status.delivery
        if delivery is None or delivery.state is not DeliveryState.AVAILABLE:
            return False
        if delivery.secret_uid == self._taken_away.get(token.key):
            return False
        over = delivery.deadline <= self._clock.now()
        if not over and not self._probes.is_missing(delivery.secret_uid):
            return False
        secret = ObjectKey(token.key.namespace, delivery.secret_name)
        try:
            return not await self.is_there(secret, delivery.secret_uid)
        except (DeniedError, InvalidError):
            # It may be refused for good, as by a webhook that takes no dry run: no Secret outlives its window by that.
            if not over:
                raise
            return False

    async def is_there(self, secret: ObjectKey, uid: str) -> bool:
        """Whether that very one-time Secret exists."""
        sighting = await self._secrets.look_at(secret)
        return getattr(sighting, "uid", None) == uid

    async def _apply(self, observed: Observed, decision: Mint | Settle | SetOwners | DeleteToken) -> Token | None:
        """The token as it is after the decision was carried out; None if there is nothing more to do."""
        token = observed.token
        match decision:
            case Mint(credential):
                return await self._mint(token, credential)
            case Settle():
                return await self._settle(token, decision)
            case SetOwners(owners):
                return self._wrote(await self._cluster.set_owners(token, owners))
            case DeleteToken():
                await self._deletes.turn(token.key.namespace)
                await self._cluster.delete_token(token.key, token.uid)
                return None

    async def _mint(self, token: Token, credential: Credential) -> Token | None:
        self._begun[token.key] = token
        settle = await self._minting.settle_mint(token, credential)
        if settle.status == token.status:
            raise self._come_back(token)
        written = await self._settle(token, settle)
        del self._begun[token.key]
        if written.status.phase is Phase.PENDING:
            raise self._come_back(token)
        if written.minted:
            self._metrics.minted((self._clock.now() - written.created).total_seconds())
        return written

    def _come_back(self, token: Token) -> ComeBack:
        """A person must act first: of 2,000 tokens that want one Secret's name, a few are tried in a second."""
        return ComeBack(max(CONFLICT_RETRY_SECONDS, self._scopes.refused(token.key.namespace)))

    async def _tidy_up(self, token: Token) -> None:
        """Where a mint of ours came to nothing, another hand may have ended or minted the token: our Secret goes."""
        if token.key not in self._begun:
            return
        if token.status.phase is not Phase.PENDING:
            await self._minting.delete_leftover(token)
        del self._begun[token.key]

    async def _settle(self, token: Token, decision: Settle) -> Token:
        await self._take_away(token, decision)
        written = self._wrote(await self._cluster.write_token_status(token, decision.status))
        self._taken_away.pop(token.key, None)
        for notice in token_status.notices(token, decision.status):
            self._recorder.record(notice)
        return written

    async def _take_away(self, token: Token, decision: Settle) -> None:
        """Delete what must go. Where the recorded Secret is gone, a leader that lost a race may have left another."""
        delivery, after = token.status.delivery, decision.status.delivery
        gone = decision.fate is SecretFate.DELETE_LEFTOVER
        if delivery is not None and after is not None:
            gone = gone or delivery.state is not after.state is DeliveryState.COLLECTED
        if decision.fate is SecretFate.DELETE_RECORDED and delivery is not None:
            secret = ObjectKey(token.key.namespace, delivery.secret_name)
            self._taken_away[token.key] = delivery.secret_uid
            gone = not await self._secrets.delete_secret(secret, delivery.secret_uid)
        if gone:
            await self._minting.delete_leftover(token)

    def _wrote(self, token: Token) -> Token:
        self._intake.token_written(token)
        return token
