"""What was accepted before is accepted as long as all that it rested on is as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pharia_access.domain.permissions import Role
from pharia_access.domain.verdict import IssuedToken
from pharia_access.services.verifier.verifier import Allowed
from tests.support.verifier.verifier_server import VerifierServer

if TYPE_CHECKING:
    from collections.abc import Callable


def _hold_another_role(server: VerifierServer, token: IssuedToken) -> None:
    credential = server.index.credential(token.credential_key)
    assert credential is not None
    server.index.put_credential_record(replace(credential, suspended=True))


@pytest.mark.parametrize(
    ("happens", "holds"),
    [
        pytest.param(lambda _door, _token: None, True, id="nothing happened"),
        pytest.param(lambda server, _token: server.issue("other"), True, id="another token is issued"),
        pytest.param(lambda server, token: server.index.put_token(replace(token)), False, id="its object was written"),
        pytest.param(lambda server, token: server.index.drop("ApiToken", token.key), False, id="it was deleted"),
        pytest.param(
            lambda server, token: server.index.put_token(replace(token, key="finance/copy")),
            False,
            id="its ID is shared",
        ),
        pytest.param(_hold_another_role, False, id="its credential was written"),
        pytest.param(
            lambda server, token: server.index.drop("ApiCredential", token.credential_key),
            False,
            id="its credential is gone",
        ),
        pytest.param(
            lambda server, _token: server.index.put_role(Role("studio-user", frozenset({"*"}), ())),
            False,
            id="a role is other",
        ),
        pytest.param(lambda server, _token: server.index.drop("ApiRole", "studio-user"), False, id="a role is gone"),
        pytest.param(lambda server, token: setattr(server, "now", token.ends_at), False, id="it has ended just now"),
        pytest.param(lambda server, token: setattr(server, "now", token.ends_at - 1), True, id="it ends soon"),
        pytest.param(
            lambda server, _token: setattr(server, "boottime", server.boottime + 300.001),
            False,
            id="the view is too old",
        ),
    ],
)
def test_what_was_accepted_still_holds_unless_what_it_rested_on_is_other(
    happens: Callable[[VerifierServer, IssuedToken], object], *, holds: bool
) -> None:
    server = VerifierServer()
    accepted = server.verifier.check(server.issue().reveal().encode())
    assert isinstance(accepted, Allowed)

    happens(server, accepted.token)

    assert server.verifier.still_holds(accepted) is holds
    assert server.verifier.still_holds(accepted) is holds  # the answer is kept, and is the same
