"""The DNS of a cluster, as far as pods of the tests need it: the addresses of Services, and nothing else.

Listens on the node's address, in a thread that ends with the process.
"""

from __future__ import annotations

import socket
import struct
import subprocess
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DOMAIN", "answer", "serve_names"]

DOMAIN = "cluster.local"

_HEADER_BYTES = 12
_ADDRESS, _INTERNET = 1, 1
_TTL_SECONDS = 5
_FOUND, _NO_SUCH_NAME = 0x8580, 0x8583  # an answer with authority, to which recursion adds nothing
_THE_NAME_ASKED_FOR = 0xC000 | _HEADER_BYTES


def serve_names(address: str, find: Callable[[str, str], str]) -> None:
    """Answer from now on; `find`: the address of the Service in this namespace of this name, empty if there is none."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    threading.Thread(target=_serve, args=(server, find), daemon=True).start()


def answer(query: bytes, find: Callable[[str, str], str]) -> bytes:
    """The answer to one query, as RFC 1035 wants it."""
    labels, end = _read_name(query)
    question = query[_HEADER_BYTES : end + 4]
    match labels:
        case [service, namespace, "svc", *domain] if ".".join(domain) == DOMAIN:
            found = find(namespace, service)
        case _:
            found = ""
    wanted = struct.unpack(">HH", question[-4:]) == (_ADDRESS, _INTERNET)
    record = _record(found) if found and wanted else b""
    counts = struct.pack(">5H", _FOUND if found else _NO_SUCH_NAME, 1, int(bool(record)), 0, 0)
    return query[:2] + counts + question + record


def _read_name(query: bytes) -> tuple[list[str], int]:
    """The labels of the name asked for, and where the query goes on."""
    labels, at = [], _HEADER_BYTES
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    return labels, at + 1


def _record(address: str) -> bytes:
    packed = socket.inet_aton(address)
    head = struct.pack(">3HIH", _THE_NAME_ASKED_FOR, _ADDRESS, _INTERNET, _TTL_SECONDS, len(packed))
    return head + packed


def _serve(server: socket.socket, find: Callable[[str, str], str]) -> None:
    while True:
        query, client = server.recvfrom(512)
        with suppress(subprocess.TimeoutExpired):  # of kubectl: who gets no answer asks again
            server.sendto(answer(query, find), client)
