"""HAProxy asks by a Lua action, and goes on with a request whose action breaks off: nobody passes by that."""

from __future__ import annotations

import http.client
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from tests.support.gateways.programs import entered
from tools.gateways.haproxy import haproxy
from tools.gateways.protected_service import server

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.gateways.verifier_thread import VerifierThread
    from tools.gateways.protected_service import Passage

BREAKS = {
    "before it asks": {"    local headers = txn.http:req_get_headers()\n": "    error('broken')\n"},
    "when it asks": {"pcall(client.get, client,": "client.nothing(client,"},
    "while it reads tokens": {"tokens[name] = list(headers[name])": "tokens[name] = list(headers)[name][0]"},
    "after it asked": {"    local status = asked": "    error('broken')\n    local status = asked"},
    "while it says who it is": {'"token_id", "roles"': '"token_id", {}, "roles"'},
    "for too long": {"    local headers = txn.http:req_get_headers()\n": "    while true do end\n"},
}
"""What is changed in the Lua file."""
IMPATIENT = {"    tune.bufsize 32768\n": "    tune.bufsize 32768\n    tune.lua.session-timeout 300ms\n"}
NO_VERDICT = (201, 204, 206, 302, 304, 404, 405, 407, 411, 418, 429, 500, 502, 504)


def saying(status: int) -> type[BaseHTTPRequestHandler]:
    """Something in the verifier's place, which knows nothing of identity."""

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Other


def asked(
    stack: ExitStack, root: Path, verifier: str, token: str, changes: Mapping[str, str] = MappingProxyType({})
) -> Passage:
    return entered(stack, haproxy(root, verifier, changes)).ask(("Authorization", f"Bearer {token}"))


@pytest.mark.parametrize("how", BREAKS)
def test_nobody_passes_where_the_action_breaks_off(how: str, checking: VerifierThread, tmp_path: Path) -> None:
    with ExitStack() as stack:
        passage = asked(stack, tmp_path, checking.address, checking.issue(), {**IMPATIENT, **BREAKS[how]})

    assert (passage.status, passage.retry_after, passage.told) == (503, "1", None)


@pytest.mark.parametrize("status", [200, *NO_VERDICT])
def test_what_is_no_answer_of_the_verifier_passes_nobody(status: int, tmp_path: Path) -> None:
    with server(saying(status)) as other, ExitStack() as stack:
        passage = asked(stack, tmp_path, other, "pharia_anything")

    assert (passage.status, passage.retry_after, passage.told) == (503, "1", None)


@pytest.mark.parametrize("character", ["\0", "\x01", "\x0b", "\x1f", "\x7f"], ids=repr)
def test_a_control_character_in_a_header_reaches_no_service(
    character: str, checking: VerifierThread, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        gateway = entered(stack, haproxy(tmp_path, checking.address))
        head = f"GET / HTTP/1.1\r\nHost: reports\r\nAuthorization: Bearer {checking.issue()}\r\nX-Other: a{character}b"
        passage = gateway.send(f"{head}\r\n\r\n".encode())

    assert (passage.status, passage.told) == (http.client.BAD_REQUEST, None)


def test_a_body_in_chunks_is_asked_for_with_its_length(checking: VerifierThread, tmp_path: Path) -> None:
    with ExitStack() as stack:
        gateway = entered(stack, haproxy(tmp_path, checking.address))
        head = f"POST / HTTP/1.1\r\nHost: reports\r\nAuthorization: Bearer {checking.issue()}"
        passage = gateway.send(f"{head}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode(), method="POST")

    assert (passage.status, passage.told) == (http.client.LENGTH_REQUIRED, None)
