"""Brings one token to what its spec asks for: gather, decide, apply, and again until nothing is left to do."""

from dataclasses import replace

from pharia_access.domain.lifecycle import token_rules, token_status
from pharia_access.domain.lifecycle.bar_rules import report_blocker
from pharia_access.domain.lifecycle.decisions import (
    DeleteToken,
    InSync,
    Mint,
    Observed,
    RemoveOwner,
    WriteStatus,
)
from pharia_access.domain.model import Credential, ObjectKey, Phase, Token
from pharia_access.errors import NotFoundError, UnavailableError
from pharia_access.services.operator.cluster_cache import ClusterCache
from pharia_access.services.operator.counting import Counting, Place
from pharia_access.services.operator.credential_lookup import CredentialLookup
from pharia_access.services.operator.event_handlers import EventHandlers
from pharia_access.services.operator.guards import Watchman
from pharia_access.services.operator.leader_queue import LeaderQueue
from pharia_access.services.operator.life_log import log_milestones
from pharia_access.services.operator.minting import Minting
from pharia_access.services.operator.ports import Ports
from pharia_access.services.operator.requeue import RequeueAfter
from pharia_access.services.operator.scopes import Scopes
from pharia_access.services.operator.token_index import TokenRecord
from pharia_access.services.operator.withdrawals import Withdrawals
from pharia_access.services.rate_limiter import RateLimiter

__all__ = ["TokenReconciler"]

MOST_ROUNDS = 6
"""A token needs three rounds at most (warn, disown, in sync); more is a fault, and waits for the next event."""

CONFLICT_RETRY_SECONDS = 30.0
"""When a token that another's Secret blocks is tried again, at the earliest; where many are, a namespace's share."""

HELD_RETRY_SECONDS = 300.0
"""After which a Secret that no status records, and that still stands, is deleted again."""


class TokenReconciler:
    """One call of `reconcile` at a time per key: the work queue sees to it."""

    def __init__(  # noqa: PLR0913 - collaborators, by keyword
        self,
        ports: Ports,
        *,
        minting: Minting,
        counting: Counting,
        lookup: CredentialLookup,
        scopes: Scopes,
        cache: ClusterCache,
        handlers: EventHandlers,
        queue: LeaderQueue,
        withdrawals: Withdrawals,
        deletes: RateLimiter,
        watchman: Watchman,
    ) -> None:
        self._cluster, self._clock = ports.cluster, ports.clock
        self._recorder, self._metrics = ports.recorder, ports.metrics
        self._minting = minting
        self._counting = counting
        self._lookup = lookup
        self._scopes = scopes
        self._cache = cache
        self._handlers = handlers
        self._queue = queue
        self._withdrawals = withdrawals
        self._deletes = deletes
        self._watchman = watchman
        self._open_mints: dict[ObjectKey, Token] = {}  # mints whose end we have not seen

    async def reconcile(self, key: ObjectKey) -> None:
        """Do what the token's rules say. Raises leaves of ApiError, InvalidObjectError, RequeueAfter."""
        try:
            await self._reconcile(key)
        finally:
            self._counting.over(key)

    async def _reconcile(self, key: ObjectKey) -> None:
        self._withdrawals.begin(key)
        seen = self._cache.take_recent(key)
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
            observed = await self._observe(token)
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
                if isinstance(decision, DeleteToken) and await self._status_written_first(gathered):
                    return True
                changed = await self._apply(gathered, decision)
            finally:
                self._counting.leave(token.key, observed.credential)
            if changed is None:
                return True
            token, live = changed, True
        return True

    async def _observe(self, token: Token) -> Observed:
        """The token with its credential, and what else this replica knows of it."""
        return replace(
            await self._lookup.observe(token),
            guards_objection=self._watchman.objection,
            succeeded=self._cache.tokens.is_succeeded(token),
        )

    async def _status_written_first(self, observed: Observed) -> bool:
        """Whether other deletes are under way, and so the status said first what bars the token: it is asked again."""
        change = report_blocker(observed, self._clock.now()) if self._deletes.is_busy else None
        if change is None:
            return False
        await self._write_status(observed.token, change)
        self._queue.enqueue_token(observed.token.key)
        return True

    async def _forget(self, key: ObjectKey) -> None:
        self._cache.remove_token(key)
        self._withdrawals.end(key)
        if key in self._open_mints:  # deleted under our hands: no status names its Secret
            await self._withdrawals.delete_leftover(self._open_mints[key])
            del self._open_mints[key]

    async def _leave(self, token: Token, decision: InSync) -> None:
        await self._tidy_up(token)
        self._cache.apply_own_write(token)
        self._handlers.mark_in_sync(token, decision)
        held = self._withdrawals.end(token.key)
        if held is not None and TokenRecord.of(token).open_secret is None:
            raise RequeueAfter(HELD_RETRY_SECONDS)  # a Secret that a status records is looked for by the probes

    async def _gather(self, observed: Observed, *, live: bool) -> Observed | None:
        """All that the rules look at; None where it is asked again by itself."""
        token = observed.token
        held, gone = self._withdrawals.held(token.key), await self._withdrawals.is_missing(token)
        observed = replace(observed, secret_gone=gone, held=held)
        credential = observed.credential
        if credential is None or not isinstance(token_rules.decide(observed, self._clock.now()), Mint):
            return observed
        place = await self._counting.find(observed.token, credential, live=live)
        return None if place is Place.UNKNOWN else replace(observed, slot_free=place is Place.FREE)

    async def _apply(
        self, observed: Observed, decision: Mint | WriteStatus | RemoveOwner | DeleteToken
    ) -> Token | None:
        """The token as it is after the decision was carried out; None if there is nothing more to do."""
        token = observed.token
        match decision:
            case Mint(credential):
                return await self._mint(token, credential)
            case WriteStatus():
                return await self._write_status(token, decision)
            case RemoveOwner(remaining):
                await self._deletes.wait(token.key.namespace)
                return self._wrote(await self._cluster.set_owners(token, remaining))
            case DeleteToken(ended=ended):
                await self._deletes.wait(token.key.namespace)
                await self._delete(token, ended=ended)
                return None

    async def _delete(self, token: Token, *, ended: bool) -> None:
        if not ended:
            await self._cluster.delete_token(token.key, token.uid)
            return
        done = await self._cluster.delete_token(token.key, token.uid, resource_version=token.resource_version)
        if done.found:
            self._metrics.ended_token_deleted()

    async def _mint(self, token: Token, credential: Credential) -> Token | None:
        self._open_mints[token.key] = token
        change = await self._minting.prepare_mint(token, credential)
        if change.status == token.status:
            raise self._come_back(token)
        try:
            written = await self._write_status(token, change)
        except UnavailableError:
            self._counting.doubt(credential)
            raise
        del self._open_mints[token.key]
        if written.status.phase is Phase.PENDING:
            raise self._come_back(token)
        if written.minted:
            self._metrics.minted((self._clock.now() - written.created).total_seconds())
        return written

    def _come_back(self, token: Token) -> RequeueAfter:
        """A person must act first: of 2,000 tokens that want one Secret's name, a few are tried in a second."""
        return RequeueAfter(max(CONFLICT_RETRY_SECONDS, self._scopes.refused(token.key.namespace)))

    async def _tidy_up(self, token: Token) -> None:
        """Where a mint of ours came to nothing, another hand may have ended or minted the token: our Secret goes."""
        if token.key not in self._open_mints:
            return
        if token.status.phase is not Phase.PENDING:
            await self._withdrawals.delete_leftover(token)
        del self._open_mints[token.key]

    async def _write_status(self, token: Token, decision: WriteStatus) -> Token:
        if not await self._withdrawals.take_away(token, decision):
            return token
        written = self._wrote(await self._cluster.write_token_status(token, decision.status))
        self._withdrawals.status_was_written(token.key)
        log_milestones(token, decision.status)
        for notice in token_status.notices(token, decision.status):
            self._recorder.record(notice)
        return written

    def _wrote(self, token: Token) -> Token:
        self._cache.apply_own_write(token)
        return token
