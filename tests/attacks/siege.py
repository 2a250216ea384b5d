"""Two kinds of clients behind one gateway: some send streams of any bytes, some ask honestly. Nobody is another.

Both share the gateway's connections to the verifier and to the service. Judged is what each honest client was
answered, what was answered to who has no good token, and each request that reached the service.
"""

from __future__ import annotations

import http.client
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.attacks.meddling import IDENTITY, canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.gateways.witness import Seen, Witness

__all__ = ["HONEST", "Person", "Siege", "identity", "known"]

HONEST: Final = "/honest/"
"""Begins the paths that honest clients ask for, and no other."""
_NAMES: Final = frozenset(map(canonical, IDENTITY))
_TOLD: Final = 20
"""Sentences; more say nothing new."""
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d)")
_GO_TO_STAR: Final = re.compile(
    rb"HTTP/1\.[01] 200 OK\r\n(?:(?:Content-Length: 0|Connection: (?:close|keep-alive)|Date: [^\r]*)\r\n)*\r\n"
)
"""What Go's server says by itself to `OPTIONS *`, which is about no path (RFC 9110, 9.3.7): Caddy and Traefik never see
that request."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a good token, and all that a service must learn of them."""

    token: str
    identity: Mapping[str, str]

    @property
    def token_id(self) -> str:
        """Of the token."""
        return self.identity["x-auth-token-id"]


def known(verifier: str, tokens: Sequence[str]) -> list[Person]:
    """The holders of these tokens, as the verifier at `host:port` tells somebody who asks it straight."""
    return [Person(token, _told(verifier, token)) for token in tokens]


def _told(verifier: str, token: str) -> Mapping[str, str]:
    connection = http.client.HTTPConnection(verifier, timeout=10)
    try:
        connection.request("GET", "/auth/forward", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == http.client.OK, answer.status
        return {name.lower(): value for name, value in answer.getheaders() if name.lower() in _NAMES}
    finally:
        connection.close()


def identity(seen: Seen) -> list[tuple[str, str]]:
    """What passes for identity at a service that tells neither case, underscores nor trailers apart."""
    return sorted((name, value) for name, value in (*seen.headers, *seen.trailers) if canonical(name) in _NAMES)


@dataclass(slots=True)
class Siege:
    """What goes on at one gateway.

    Attributes:
        honest, attackers: they have good tokens, each another one.
        strangers: tokens that nobody issued; as long as good ones.
        answers: to attackers, by status; 0 where none came.
        passed: honest requests that were answered as they must be, with a token and without.
        wrong: in sentences.
    """

    service: Witness
    honest: Sequence[Person]
    attackers: Sequence[Person]
    strangers: Sequence[str]
    answers: Counter[int] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    asked: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def complain(self, sentence: str) -> None:
        """Something was wrong."""
        if len(self.wrong) < _TOLD:
            self.wrong.append(sentence)

    def judge_honest(self, target: str, person: Person | None, status: int, seen: Seen | None) -> None:
        """How an honest request was answered; nobody: it had no token, or a bad one."""
        if person is None:
            right = (status, seen) == (http.client.UNAUTHORIZED, None)
        else:
            right = seen is not None and seen.target == target and dict(identity(seen)) == person.identity
        self.passed["with a token" if person else "without one"] += right
        if not right:
            self.complain(f"{target} of {person and person.token_id} was answered {status}, {seen}")

    def judge_answers(self, number: int, sent: bytes, received: bytes, *, has_token: bool) -> None:
        """What somebody got who sent a stream."""
        star = b"OPTIONS * HTTP/1."
        others = received if star not in sent else _GO_TO_STAR.sub(b"", received)
        statuses = [int(status) for status in _STATUS.findall(others)] or [0]
        self.answers.update(statuses)
        if not has_token and any(200 <= status < 300 for status in statuses):
            self.complain(f"stream {number} has no good token and was answered {statuses}: {received[:300]!r}")
        if HONEST.encode() in received or any(one.token_id.encode() in received for one in self.honest):
            self.complain(f"stream {number} got another's answer: {received[:300]!r}")

    def judge_service(self) -> None:
        """What reached it, once all is over."""
        owners = {person.token_id: person for person in (*self.honest, *self.attackers)}
        trusted = {person.token_id for person in self.honest}
        arrived: Counter[str] = Counter()
        for seen in self.service.seen:
            found = identity(seen)
            owner = owners.get(dict(found).get("x-auth-token-id", ""))
            if owner is None or found != sorted(owner.identity.items()):
                self.complain(f"{seen.method} {seen.target} reached the service as {found}")
            elif (owner.token_id in trusted) != seen.target.startswith(HONEST):
                self.complain(f"{seen.method} {seen.target} reached the service as {owner.token_id}")
            if seen.values("authorization"):
                self.complain(f"{seen.method} {seen.target} reached the service with a token")
            arrived[seen.target] += seen.target.startswith(HONEST)
        often = [target for target, times in arrived.items() if times > 1]
        never_asked = arrived.keys() - self.asked - {target for target in arrived if not target.startswith(HONEST)}
        for target in (*often, *never_asked):
            self.complain(f"{target} was not asked for {arrived[target]} times")

    def told(self) -> str:
        """How far it is, in a line."""
        answers = ", ".join(f"{status}: {count}" for status, count in sorted(self.answers.items()))
        passed = ", ".join(f"{count} {how}" for how, count in self.passed.items())
        verdict = self.wrong or "nothing wrong"
        return f"answers to attackers {answers}; {self.reached} reached the service; honest {passed}; {verdict}"

    @property
    def reached(self) -> int:
        """Requests of attackers that reached the service."""
        return sum(not seen.target.startswith(HONEST) for seen in self.service.seen)
