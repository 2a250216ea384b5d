"""A verifier without a cluster, in a thread of its own: for tests that talk to gateways and do not wait in a loop."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import uuid4

from pharia_access.domain.permissions import Role
from pharia_access.domain.token import parse
from pharia_access.domain.verdict import CredentialRecord
from pharia_access.entrypoints.verifier.check_headers import USUAL, CheckHeaders
from tests.support.verifier.verifier_server import open_verifier_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from tests.support.verifier.verifier_server import VerifierServer

    T = TypeVar("T")

__all__ = ["VerifierThread", "verifier_thread"]


@dataclass(slots=True)
class VerifierThread:
    """A running verifier."""

    server: VerifierServer
    loop: asyncio.AbstractEventLoop

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server.port}"

    def issue(self, name: str = "ci", **changes: object) -> str:
        """The text of a new token, see `VerifierServer.issue`."""
        return self.run(lambda: self.server.issue(name, **changes).reveal())  # type: ignore[arg-type] # handed on

    def person(self, name: str, *roles: str) -> str:
        """The text of a new token of somebody with a subject and roles of their own."""
        subject = str(uuid4())

        def made() -> str:
            for role in roles:
                self.server.index.put_role(Role(role, frozenset({"*"}), ()))
            text = self.server.issue(name, roles=roles, credential_uid=subject)
            self.server.index.put_credential_record(CredentialRecord("finance", f"{name}-bot", subject, roles))
            return text.reveal()

        return self.run(made)

    def revoke(self, token: str) -> None:
        """It is not good any more."""

        def revoked() -> None:
            found = self.server.index.find(parse(token.encode()).token_id)
            assert found is not None
            self.server.index.put_token(replace(found, revoked=True))

        self.run(revoked)

    def run(self, work: Callable[[], T]) -> T:
        """Do something in the verifier's loop, and wait for it."""

        async def done() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result(10)


@contextmanager
def verifier_thread(headers: CheckHeaders = USUAL) -> Iterator[VerifierThread]:
    """One on a free port of 127.0.0.1."""
    started, stop, opened = threading.Event(), asyncio.Event(), []

    async def run() -> None:
        async with open_verifier_server(headers=headers) as server:
            opened.append(VerifierThread(server, asyncio.get_running_loop()))
            started.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert started.wait(10), "the verifier does not start"
    try:
        yield opened[0]
    finally:
        opened[0].loop.call_soon_threadsafe(stop.set)
        thread.join(10)
