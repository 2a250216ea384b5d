"""The verifiers that the package is tried against: its own fake, and the real one without a cluster."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.permissions import Permission, Role
from pharia_access.domain.token import mint
from pharia_access_client.fake_verifier import FakeVerifier
from tests.support.clients.exchanges import ROLES
from tests.support.gateways.verifier_thread import VerifierThread, verifier_thread

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def fake() -> Iterator[FakeVerifier]:
    """The package's fake."""
    with FakeVerifier() as verifier:
        yield verifier


@pytest.fixture
def fake_tokens(fake: FakeVerifier) -> dict[str, str]:
    """The tokens of the table, of the fake."""
    issued = {
        "reader": fake.issue(roles=["clients-reader"], permissions=ROLES["clients-reader"]),
        "everything": fake.issue(roles=["clients-everything"], permissions=ROLES["clients-everything"]),
        "nothing": fake.issue(),
        "revoked": fake.issue(),
    }
    fake.revoke(issued["revoked"])
    return {**{name: token.text for name, token in issued.items()}, "strange": FakeVerifier().issue().text}


@pytest.fixture(scope="module")
def real() -> Iterator[VerifierThread]:
    """The real verifier's listener."""
    with verifier_thread() as running:
        for name, granted in ROLES.items():
            permissions = tuple(Permission.of(each["permission"], **_fields(each)) for each in granted)
            running.run(partial(running.server.index.put_role, Role(name, frozenset({"*"}), permissions)))
        yield running


@pytest.fixture(scope="module")
def real_tokens(real: VerifierThread) -> dict[str, str]:
    """The tokens of the table, of the real verifier."""
    tokens = {
        "reader": real.issue("reader", roles=("clients-reader",)),
        "everything": real.issue("everything", roles=("clients-everything",)),
        "nothing": real.issue("nothing", roles=()),
        "revoked": real.issue("revoked"),
        "strange": mint("pharia", lambda size: b"\7" * size).reveal(),
    }
    real.revoke(tokens["revoked"])
    return tokens


def _fields(permission: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in permission.items() if key != "permission"}
