"""Names of Services, as pods of the tests with real pods ask for them."""

from __future__ import annotations

import struct

from tests.support.pods.cluster_names import answer

HEAD = b"\x12\x34" + struct.pack(">5H", 0x0100, 1, 0, 0, 0)
FOUND, NO_SUCH_NAME = 0, 3


def query(name: str, kind: int) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return HEAD + labels + b"\0" + struct.pack(">HH", kind, 1)


def address_of(namespace: str, name: str) -> str:
    return {("home", "verifier"): "10.0.0.9"}.get((namespace, name), "")


def test_a_service_has_its_address() -> None:
    asked = query("Verifier.home.svc.cluster.local", 1)

    answered = answer(asked, address_of)

    identity, flags, questions, answers, *_ = struct.unpack_from(">6H", answered)
    assert (identity, flags & 0xF, questions, answers) == (0x1234, FOUND, 1, 1)
    assert answered[12:].startswith(asked[12:])
    assert answered.endswith(bytes([10, 0, 0, 9]))


def test_a_service_has_no_address_of_the_other_kind_and_yet_it_is_known() -> None:
    answered = answer(query("verifier.home.svc.cluster.local", 28), address_of)

    assert struct.unpack_from(">4H", answered) == (0x1234, 0x8580 | FOUND, 1, 0)


def test_nothing_else_is_known() -> None:
    for name in ("verifier.away.svc.cluster.local", "verifier.home.svc", "example.com"):
        assert struct.unpack_from(">4H", answer(query(name, 1), address_of)) == (0x1234, 0x8580 | NO_SUCH_NAME, 1, 0)
