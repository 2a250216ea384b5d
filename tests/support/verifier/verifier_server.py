"""A verifier's HTTP door without a cluster: real sockets, real index, tokens made here. Both of its ways in."""

from __future__ import annotations

import asyncio
import secrets
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pharia_access.domain.argon2id import CHEAPEST, hash_token, verify_hash
from pharia_access.domain.keyring import Digester, Keyring
from pharia_access.domain.permissions import Permission, Role
from pharia_access.domain.token import TokenText, mint
from pharia_access.domain.verdict import RULES, CredentialRecord, IssuedToken
from pharia_access.entrypoints.verifier.app import VerifierApp, review_app
from pharia_access.entrypoints.verifier.busy_poll import BusyPoll
from pharia_access.entrypoints.verifier.check_headers import USUAL, CheckHeaders
from pharia_access.entrypoints.verifier.endpoints import Protocols
from pharia_access.entrypoints.verifier.header_answers import early_answers
from pharia_access.entrypoints.verifier.introspection import Introspector
from pharia_access.entrypoints.verifier.limits import Limits
from pharia_access.entrypoints.verifier.listener import Listener, Tls
from pharia_access.services.verifier.authorizer import Authorizer
from pharia_access.services.verifier.freshness import Bounds, Freshness, Part
from pharia_access.services.verifier.hash_verifier import HashVerifier, HashVerifierLimits
from pharia_access.services.verifier.index import Index
from pharia_access.services.verifier.service_accounts import IssuerKeys, ServiceAccountVerifier
from pharia_access.services.verifier.signature_queue import SignatureQueue
from pharia_access.services.verifier.token_reviews import TokenReviews
from pharia_access.services.verifier.verifier import Verifier
from tests.support.verifier.journal import Journal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

__all__ = ["EVERYTHING", "SUBJECT", "Journal", "Reply", "VerifierServer", "open_verifier_server"]

SUBJECT = "6f0c6a3e-0000-4000-8000-000000000001"
EVERYTHING = (Part("ApiToken"), Part("ApiCredential"), Part("ApiRole"))
_FAR = 2_000_000_000.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came over the wire; header names in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    @classmethod
    def read(cls, raw: bytes) -> Reply:
        """The first answer in what was received."""
        head, _, rest = raw.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        pairs = [line.split(": ", 1) for line in lines]
        headers = tuple((name.lower(), value) for name, value in pairs)
        length = next((int(value) for name, value in headers if name == "content-length"), 0)
        return cls(int(status.split()[1]), headers, rest[:length])


class VerifierServer:
    """Tokens, the verifier behind them, and a port."""

    def __init__(
        self,
        *,
        keyring: bool = True,
        parts: tuple[Part, ...] = EVERYTHING,
        service_accounts: IssuerKeys | None = None,
        reviews: TokenReviews | None = None,
        queue: SignatureQueue | None = None,
    ) -> None:
        self.signature_queue = queue or SignatureQueue(lambda call: call())
        """Verifies at once, unless a test has another."""
        self.boottime = 1000.0
        self.now = 1_000_000_000.0
        self.journal = Journal()
        self.index = Index()
        self.freshness = Freshness(parts, Bounds(view=300, contact=30))
        for part in parts:
            self.freshness.mark_fresh(part, self.boottime)
        self.keyring = Keyring.fresh(secrets.token_bytes, datetime(2026, 1, 1, tzinfo=UTC))
        self.hash_verifier = HashVerifier(verify_hash, HashVerifierLimits())
        self.jwts = self._jwts(service_accounts, reviews) if service_accounts else None
        self.verifier = Verifier(
            index=self.index,
            freshness=self.freshness,
            hash_verifier=self.hash_verifier,
            boottime=lambda: self.boottime,
            now=lambda _boottime: self.now,
            rules=RULES,
            own_key=secrets.token_bytes(32),
            jwts=self.jwts,
        )
        if keyring:
            self.verifier.use_keyring(self.keyring)
        self.authorizer = Authorizer(
            self.verifier,
            metrics=self.journal,
            auditor=self.journal,
            last_used=self.journal,
            monotonic=lambda: self.boottime,
        )
        self.index.put_role(Role("studio-user", frozenset({"*"}), (Permission.of("AccessModel", model="*"),)))
        self.port = 0
        self.connections: Callable[[], int] = lambda: 0
        """How many are open."""
        self.stop: Callable[[float], Awaitable[None]] = asyncio.sleep
        """Take no more connections, and drain for at most so many seconds."""
        self.closed: list[str] = []
        """Why connections were closed."""

    def _jwts(self, keys: IssuerKeys, reviews: TokenReviews | None) -> ServiceAccountVerifier:
        return ServiceAccountVerifier(
            keys,
            index=self.index,
            freshness=self.freshness,
            boottime=lambda: self.boottime,
            now=lambda _boottime: self.now,
            rules=RULES,
            digest=Digester(secrets.token_bytes(32)).digest,
            queue=self.signature_queue,
            life=7200,
            reviews=reviews,
        )

    def issue(
        self,
        name: str = "ci",
        *,
        roles: tuple[str, ...] = ("studio-user",),
        text: TokenText | None = None,
        **changes: object,
    ) -> TokenText:
        """A token of the credential finance/NAME-bot, with a new text if none is given."""
        text = text or mint("pharia", secrets.token_bytes)
        _, value = self.keyring.mac(text)
        self.index.put_credential_record(CredentialRecord("finance", f"{name}-bot", SUBJECT, roles))
        token = IssuedToken(
            key=f"finance/{name}",
            uid=f"uid-{name}",
            token_id=text.token_id,
            credential_key=f"finance/{name}-bot",
            credential_uid=SUBJECT,
            issued_at=900_000_000.0,
            ends_at=_FAR,
            ends_text="2033-05-18T03:33:20Z",
            revoked=False,
            deleting=False,
            hash=hash_token(text, CHEAPEST),
            mac_key_id=self.keyring.current.reference,
            mac=bytes.fromhex(value),
        )
        for attribute, change in changes.items():
            setattr(token, attribute, change)
        self.index.put_token(token)
        return text

    async def send(self, raw: bytes, *, until_closed: bool = False, pieces: int = 0) -> bytes:
        """Send bytes over a new connection, in pieces if asked; what comes back within a moment, or to its end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            step = pieces or max(1, len(raw))
            for start in range(0, len(raw), step):
                writer.write(raw[start : start + step])
                await writer.drain()
            async with asyncio.timeout(10):
                if until_closed:
                    return await reader.read()
                received = b""
                while not _whole(received, bodiless=raw.startswith(b"HEAD ")) and (chunk := await reader.read(65536)):
                    received += chunk
                return received
        finally:
            writer.close()

    async def ask(self, method: str, target: str, *headers: str, body: bytes = b"") -> Reply:
        """One request with these header lines."""
        length = [f"content-length: {len(body)}"] if body else []
        lines = [f"{method} {target} HTTP/1.1", "host: verifier", *headers, *length, "", ""]
        return Reply.read(await self.send("\r\n".join(lines).encode("latin-1") + body))


@asynccontextmanager
async def open_verifier_server(
    *,
    fast: bool = True,
    limits: Limits | None = None,
    keyring: bool = True,
    tls: Tls | None = None,
    audiences: Sequence[str] | None = None,
    introspector: Introspector | None = None,
    headers: CheckHeaders = USUAL,
    service_accounts: IssuerKeys | None = None,
) -> AsyncIterator[VerifierServer]:
    """A door on 127.0.0.1; with `audiences` it is that of TokenReview."""
    server = VerifierServer(keyring=keyring, service_accounts=service_accounts)
    chosen = limits or Limits()
    protocols = Protocols(server.authorizer, chosen.body_bytes, introspector or Introspector())
    app = VerifierApp(protocols, headers=headers) if audiences is None else review_app(protocols, audiences)
    early = None
    if fast and audiences is None:
        early = early_answers(server.authorizer, BusyPoll(1e-4, now=time.monotonic), headers)
    listener = Listener(app, chosen, early=early, tls=tls, closed=server.closed.append)
    await listener.start("127.0.0.1", 0)
    server.port = listener.port
    server.connections = lambda: listener.connections
    server.stop = listener.stop
    try:
        yield server
    finally:
        await listener.stop(1.0)
        server.hash_verifier.close()


def _whole(received: bytes, *, bodiless: bool) -> bool:
    """`bodiless`: the answer to HEAD says how long the body would be, and has none."""
    head, end, rest = received.partition(b"\r\n\r\n")
    if not end or bodiless:
        return bool(end)
    lengths = [int(line[16:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: ")]
    return len(rest) >= sum(lengths)
