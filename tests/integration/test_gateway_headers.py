"""Identity headers through real gateways: a client can neither add one nor take one away, however it meddles."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.attacks.meddling import IDENTITY, MEDDLING, canonical, spellings
from tests.attacks.siege import identity
from tests.support.gateways.gateway_guides import OPEN, WEBSOCKETS, added
from tests.support.gateways.http2_trailers import sent_by_http2
from tests.support.gateways.programs import entered
from tests.support.verifier.verifier_server import SUBJECT
from tools.debian_programs import debian_program
from tools.gateways import real_gateways
from tools.gateways.protected_service import HOST
from tools.gateways.witness import witness
from tools.program_cache import MissingProgramError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.attacks.meddling import Meddling
    from tests.support.gateways.verifier_thread import VerifierThread
    from tools.gateways.protected_service import Gateway, Passage
    from tools.gateways.witness import Seen, Witness

REFUSED = {400, 401, 403, 411, 426, 431, 501}
"""What a gateway may answer, or the verifier through it, to a request that is odd."""


def outcomes(gateway: Gateway, token: str, service: Witness) -> list[str]:
    """All that is wrong with what came of all that a client with this token tries."""
    true = identity(seen_of(gateway.ask(("Authorization", f"Bearer {token}"))))
    assert [name for name, _ in true] == sorted(map(canonical, IDENTITY))
    assert dict(true)["x-auth-subject"] == SUBJECT
    tried = []
    for one in MEDDLING:
        before = len(service.seen)
        status = gateway.send(one.wire(HOST, token), method=one.method).status
        tried.append(Outcome(one, true, status, service.seen[before:]))
    assert sum(bool(one.seen) for one in tried) > len(MEDDLING) * 2 // 3, "most of it is no nonsense to a gateway"
    return [sentence for one in tried for sentence in one.wrong()]


def set_ups() -> list[object]:
    """Each gateway as its example stands, and with all that its page adds."""
    return [
        pytest.param((name, headings), id=f"{name}, {how}")
        for name in real_gateways.STARTERS
        for how, headings in (("its example", ()), ("all of its page", (WEBSOCKETS, OPEN)))
    ]


COOKIES = [("Cookie", f"c{number}={'x' * 5_800}") for number in range(3)]
"""17 KB, more than the verifier takes."""
OLDER_CADDY = {
    "\t\t\t# Of the client's headers the verifier needs this one alone.\n": "",
    "\t\t\theader_up -*\n\t\t\theader_up Authorization {header.Authorization}\n": "",
    "\t\t# Whose request it was, after a leak above all; empty where it was refused.\n": "",
    "\t\tlog_append token_id {header.X-Auth-Token-Id}\n": "",
    "\t\tformat filter {\n\t\t\trequest>headers delete\n\t\t}\n": (
        "\t\tformat filter {\n\t\t\twrap json\n\t\t\tfields {\n\t\t\t\trequest>headers delete\n\t\t\t}\n\t\t}\n"
    ),
}
"""What the page says of Caddy 2.6, which Debian 12 has."""


@pytest.fixture(scope="module", params=set_ups())
def gateway(
    request: pytest.FixtureRequest,
    checking: VerifierThread,
    service: Witness,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gateway]:
    with ExitStack() as stack:
        name, headings = request.param
        starter, root = real_gateways.STARTERS[name], tmp_path_factory.mktemp(name)
        yield entered(stack, starter(root, checking.address, added(name, *headings), service=service.address))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request with a good token went.

    Attributes:
        true: the identity of its token.
        seen: what arrived at the service.
    """

    meddling: Meddling
    true: list[tuple[str, str]]
    status: int
    seen: list[Seen]

    def wrong(self) -> list[str]:
        """What is wrong with it."""
        if not self.seen:
            return [] if self.status in REFUSED else [f"{self.meddling}: not reached, and answered {self.status}"]
        found = [f"the service saw {found}" for seen in self.seen if (found := identity(seen)) != self.true]
        found += ["the service saw a token" for seen in self.seen if seen.values("authorization")]
        # A tunnel of HTTP/2: nobody checks what goes through it.
        found += ["a tunnel" for seen in self.seen if "h2c" in str(seen.values("upgrade"))]
        # The next hop, a sidecar say, would take away what stands there.
        found += ["passed on" for seen in self.seen if "auth" in canonical(str(seen.values("connection")))]
        return [f"{self.meddling}: {one}" for one in (*found, *["several requests"] * (len(self.seen) > 1))]


def test_no_client_adds_or_takes_away_an_identity_header(
    gateway: Gateway, checking: VerifierThread, service: Witness
) -> None:
    assert outcomes(gateway, checking.issue(), service) == []


@pytest.mark.parametrize(("body", "length"), [(b"abc", False), (b"abc", True), (b"", False)], ids=str)
def test_no_trailer_of_http2_becomes_an_identity_header(
    gateway: Gateway, checking: VerifierThread, service: Witness, body: bytes, *, length: bool
) -> None:
    before = len(service.seen)
    forged = [(spelling.lower(), "forged") for name in IDENTITY for spelling in spellings(name)]

    sent_by_http2(gateway.port, checking.issue(), forged, body=body, length=length)

    assert [pair for seen in service.seen[before:] for pair in identity(seen) if "forged" in pair] == []


def test_so_it_is_behind_an_older_caddy(checking: VerifierThread, service: Witness, tmp_path: Path) -> None:
    try:
        program = debian_program("caddy")
    except MissingProgramError as error:
        pytest.skip(str(error))
    with real_gateways.caddy(
        tmp_path, checking.address, OLDER_CADDY, service=service.address, program=program
    ) as gateway:
        assert outcomes(gateway, checking.issue(), service) == []
        passage = gateway.ask(("Authorization", f"Bearer {checking.issue()}"), *COOKIES)

    assert (passage.status, passage.seen) == (431, None)


def test_who_brings_no_token_gets_nowhere_by_any_of_it(gateway: Gateway, service: Witness) -> None:
    before = len(service.seen)

    statuses = {str(one): gateway.send(one.wire(HOST, None), method=one.method).status for one in MEDDLING}

    assert {what: status for what, status in statuses.items() if status not in REFUSED} == {}
    assert service.seen[before:] == []


def test_a_client_may_have_many_cookies(gateway: Gateway, checking: VerifierThread) -> None:
    passage = gateway.ask(("Authorization", f"Bearer {checking.issue()}"), *COOKIES)

    assert passage.status == 200
    assert "x" * 5_800 in str(seen_of(passage).values("cookie"))


@pytest.mark.parametrize(
    ("name", "status"), [("nginx", 400), ("caddy", 431), ("traefik", 431), ("envoy", 431), ("haproxy", 431)]
)
def test_a_token_that_is_longer_than_all_headers_may_be_passes_nobody(
    name: str, status: int, checking: VerifierThread, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        gateway = entered(stack, real_gateways.STARTERS[name](tmp_path, checking.address))
        passage = gateway.ask(("Authorization", f"Bearer {'x' * 17_000}"))

    assert (passage.status, passage.seen) == (status, None)


@pytest.mark.parametrize("name", list(real_gateways.STARTERS))
def test_of_what_a_client_sends_the_verifier_sees_the_token_alone(name: str, service: Witness, tmp_path: Path) -> None:
    sent = {"Cookie": "a=b", "X-Other": "x", "Accept-Language": "de", "User-Agent": "client", "Content-Type": "text/x"}
    with witness() as asked, ExitStack() as stack:
        gateway = entered(stack, real_gateways.STARTERS[name](tmp_path, asked.address, service=service.address))
        asked.seen.clear()
        gateway.ask(("Authorization", "Bearer token"), *sent.items(), method="POST", body=b"a body")

    (check,) = asked.seen
    assert check.values("authorization") == ["Bearer token"]
    assert check.body == b""
    assert [(key, value) for key, value in check.headers if value in sent.values()] == []


def seen_of(passage: Passage) -> Seen:
    assert passage.told is not None, passage
    return passage.told
