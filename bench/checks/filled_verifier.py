"""A verifier's HTTP door over an index that is filled from a file: `python -m bench.checks.filled_verifier`.

Everything of a request is real (clocks, metrics, audit log, last uses); only the watches are left out, so that no API
server shares the core that is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import secrets
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from bench.checks.dear_bodies import MANY, ONE
from bench.checks.played_issuer import jwt_verifier
from pharia_access.bootstrap.clocks import SystemClock
from pharia_access.domain.argon2id import verify_hash
from pharia_access.domain.keyring import Keyring, MacKey
from pharia_access.domain.permissions import Permission, Role
from pharia_access.domain.times import format_time
from pharia_access.domain.verdict import RULES, CredentialRecord, IssuedToken
from pharia_access.domain.verification.token_headers import TokenHeader
from pharia_access.entrypoints.descriptors import raise_open_files
from pharia_access.entrypoints.verifier.app import VerifierApp, review_app
from pharia_access.entrypoints.verifier.busy_poll import BusyPoll
from pharia_access.entrypoints.verifier.check_headers import CheckHeaders
from pharia_access.entrypoints.verifier.endpoints import Protocols
from pharia_access.entrypoints.verifier.header_answers import early_answers
from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.entrypoints.verifier.listener import Listener, Tls
from pharia_access.services.rate_limiter import RateLimiter
from pharia_access.services.verifier.audit_log import AuditLimits, AuditLog
from pharia_access.services.verifier.authorizer import Authorizer
from pharia_access.services.verifier.freshness import Bounds, Freshness, MaxClock, Part
from pharia_access.services.verifier.hash_verifier import HashVerifier, HashVerifierLimits
from pharia_access.services.verifier.index import Index
from pharia_access.services.verifier.issuer_keys import FollowedIssuer
from pharia_access.services.verifier.last_used import LastUsedRecorder
from pharia_access.services.verifier.verifier import Verifier
from pharia_access.settings.verifier import VerifierSettings
from pharia_access.telemetry.verifier_metrics import VerifierMetrics

__all__ = ["KEY_ID", "NO_MAC"]

KEY_ID = "k1"

NO_MAC = "-"
"""In the file, for a token that only its Argon2id hash proves; the hash is the line's last word."""


class _Nobody:
    """Writes nothing: the task that would write is not started."""

    async def write_last_inspected(self, key: str, uid: str, at: float) -> None:
        """Nothing."""

    async def write_last_used(self, key: str, uid: str, at: float) -> None:
        """Nothing."""

    async def write_held(self, key: str, uid: str, at: float, *, holder: str, instead_of: str = "") -> None:
        """Nothing."""


def _put_catalog(index: Index) -> None:
    """The largest roles that the schema allows: 16 that a credential may hold, with one field and with 16."""
    for number in range(16):
        models = range(128 * number, 128 * (number + 1))
        one = tuple(Permission.of("AccessModel", model=f"m{model}") for model in models)
        free = tuple((f"f{field}", "*") for field in range(15))
        many = tuple(Permission("AccessModel", (*free, ("z", f"m{model}"))) for model in models)
        asks = (Permission("IntrospectTokens"),) if number == 0 else ()
        index.put_role(Role(f"{ONE}-{number}", frozenset({"*"}), (*one, *asks)))
        index.put_role(Role(f"{MANY}-{number}", frozenset({"*"}), many))


def _index(file: Path, key: MacKey, *, catalog: bool) -> Index:
    index, reference = Index(), getattr(key, "reference", KEY_ID)  # `bench flood-bodies` runs older sources, too
    if catalog:
        _put_catalog(index)
    index.put_role(Role("studio-user", frozenset({"*"}), (Permission("AccessStudio"),)))
    for number, line in enumerate(file.read_text().splitlines()):
        token_id, mac, end, uid, credential, roles, *proof = line.split()
        namespace, name = credential.split("/")
        index.put_credential_record(CredentialRecord(namespace, name, uid, tuple(roles.split(","))))
        index.put_token(
            IssuedToken(
                key=f"{namespace}/t{number}",
                uid=f"uid-{number}",
                token_id=token_id,
                credential_key=credential,
                credential_uid=uid,
                issued_at=0.0,
                ends_at=float(end),
                ends_text=format_time(datetime.fromtimestamp(float(end), UTC)),
                revoked=False,
                deleting=False,
                hash=proof[0] if proof else "none",
                mac_key_id=None if mac == NO_MAC else reference,
                mac=None if mac == NO_MAC else bytes.fromhex(mac),
            )
        )
    return index


def _authorizer(index: Index, mac_key: MacKey, issuer_keys: Path | None) -> tuple[Authorizer, FollowedIssuer | None]:
    clock, metrics = SystemClock(), VerifierMetrics(version="bench")
    everything = Part("ApiToken")
    freshness = Freshness((everything,), Bounds(view=1e9))
    freshness.mark_fresh(everything, clock.boottime())
    later = MaxClock(clock.wall, clock.boottime)
    later.set_server_time(clock.wall())
    jwts, issuer = None, None
    if issuer_keys is not None:
        jwts, issuer = jwt_verifier(issuer_keys, index, freshness, now=later.at, metrics=metrics)
    verifier = Verifier(
        index=index,
        freshness=freshness,
        hash_verifier=HashVerifier(verify_hash, HashVerifierLimits()),
        boottime=clock.boottime,
        now=later.at,
        rules=RULES,
        own_key=secrets.token_bytes(32),
        jwts=jwts,
    )
    verifier.use_keyring(Keyring(mac_key, {KEY_ID: mac_key}))
    uses = _uses(index, clock, metrics)
    audit = AuditLog(AuditLimits(), boottime=clock.boottime, metrics=metrics)
    authorizer = Authorizer(verifier, metrics=metrics, auditor=audit, last_used=uses, monotonic=clock.monotonic)
    return authorizer, issuer


def _uses(index: Index, clock: SystemClock, metrics: VerifierMetrics) -> LastUsedRecorder:
    return LastUsedRecorder(
        _Nobody(),
        interval=3600,
        rate_limiter=RateLimiter(clock, 2),
        clock=clock,
        now=clock.wall,
        metrics=metrics,
        known=index.find,
    )


async def _serve(options: argparse.Namespace) -> None:
    key = MacKey(KEY_ID, options.key.read_bytes())
    index = _index(options.tokens, key, catalog=options.catalog)
    authorizer, issuer = _authorizer(index, key, options.issuer_keys)
    gc.collect()
    gc.freeze()
    protocols = Protocols(authorizer, 65536)
    headers = CheckHeaders(tuple(TokenHeader) if options.headers else ())
    poll = BusyPoll(VerifierSettings().busy_poll.total_seconds(), now=SystemClock.monotonic)
    early = early_answers(authorizer, poll, headers) if options.fast else None
    raise_open_files()
    tls = None if options.tls is None else Tls(options.tls / "tls.crt", options.tls / "tls.key")
    limits = Limits(request_seconds=options.request_seconds)
    if options.reviews:
        asked = Tls(options.tls / "tls.crt", options.tls / "tls.key", options.tls / "ca.crt")
        await Listener(review_app(protocols, ()), limits.for_reviews(), tls=asked).start("127.0.0.1", options.reviews)
    app = VerifierApp(protocols, headers=headers)
    listener = Listener(app, limits if tls is None else limits.behind_tls(), early=early, tls=tls)
    await listener.start("127.0.0.1", options.port)
    await (asyncio.Event().wait() if issuer is None else issuer.run())


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokens", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--headers", action="store_true", help="read tokens in every header that can be listed")
    parser.add_argument("--catalog", action="store_true")
    parser.add_argument("--issuer-keys", type=Path, help="a JWK Set: ServiceAccounts' tokens by these keys are taken")
    parser.add_argument("--tls", type=Path)
    parser.add_argument("--reviews", type=int, help="a port for TokenReviews, with --tls")
    parser.add_argument("--request-seconds", type=float, default=Limits().request_seconds)
    uvloop.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
