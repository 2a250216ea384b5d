"""What can be known before a mint is asked before it: refused in the options' words, and nothing is created."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_mock import MockerFixture

from pharia_access.domain.administration.collection_state import Unavailable, collection_state
from pharia_access.domain.administration.own_secret import OwnSecret
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.reasons import Reason
from pharia_access.entrypoints.kubectl.next_steps import in_words
from tests.support.kubectl.cli_sessions import FakeCluster, a_known_role, serve
from tests.support.kubectl.command_line import Told, command_line
from tools.control_plane.resources import api_credential, api_token

Json = dict[str, Any]
Run = Callable[[FakeCluster, str], Told]


@pytest.fixture
def run(mocker: MockerFixture, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """What a command line leaves, with that in the cluster."""

    def told(session: FakeCluster, line: str) -> Told:
        serve(mocker, session)
        return command_line("", capsys, monkeypatch)(*line.split(), namespace=False)

    return told


def a_cluster(policy: Json | None = None, *, forbidden: set[str] | None = None, suspended: bool = False) -> FakeCluster:
    """A credential that may mint, with an active token, unless it is told otherwise."""
    credential = api_credential("finance", suspended=suspended, tokenPolicy=policy or {})
    token = {**api_token("finance", "ci"), "status": {"phase": "Active"}}
    return FakeCluster(
        [a_known_role(), credential, token],
        forbidden=forbidden or set(),
        own_secrets={"taken": OwnSecret(ObjectKey("finance", "taken"), "s", "1")},
    )


def leaving() -> FakeCluster:
    session = a_cluster()
    session.bodies[1]["metadata"]["deletionTimestamp"] = "2026-11-23T00:00:00Z"
    return session


@pytest.mark.parametrize(
    ("session", "options", "sentence", "next_step"),
    [
        pytest.param(
            a_cluster({"maxTTL": "720h"}),
            "--expires 90d",
            "A lifetime of 90 days is longer than the 30 days that the credential invoice-bot allows.",
            "Give a shorter lifetime with --expires.",
            id="over the credential's maximum",
        ),
        pytest.param(
            a_cluster({"maxTTL": "720h"}),
            "--expires 2027-03-03",
            "A lifetime of 99 days 12 hours is longer than the 30 days that the credential invoice-bot allows.",
            "Give a shorter lifetime with --expires.",
            id="an end that is too far",
        ),
        pytest.param(
            a_cluster(),
            "--expires 2026-01-31",
            "The end 2026-01-31T00:00:00Z is in the past: no token would be minted.",
            "Give --expires a time in the future, or a duration such as 90d.",
            id="an end that is over",
        ),
        pytest.param(
            a_cluster(suspended=True),
            "",
            "The credential invoice-bot is suspended and mints no tokens.",
            "To resume it: kubectl access credential resume invoice-bot -n finance",
            id="suspended",
        ),
        pytest.param(
            leaving(),
            "",
            "The credential invoice-bot is being deleted and mints no tokens.",
            "Use another credential.",
            id="being deleted",
        ),
        pytest.param(
            a_cluster({"maxTokens": 1}),
            "",
            "The credential invoice-bot already has 1 of 1 active tokens.",
            "To allow one more: kubectl access credential edit invoice-bot --max-tokens 2 -n finance",
            id="at its most",
        ),
        pytest.param(
            a_cluster({"maxTokens": 1, "maxTTL": "720h"}, suspended=True),
            "--expires 90d",
            (
                "The credential invoice-bot is suspended and mints no tokens. The credential invoice-bot already has 1"
                " of 1 active tokens. A lifetime of 90 days is longer than the 30 days that the credential invoice-bot"
                " allows."
            ),
            (
                "To resume it: kubectl access credential resume invoice-bot -n finance\n"
                "To allow one more: kubectl access credential edit invoice-bot --max-tokens 2 -n finance\n"
                "Give a shorter lifetime with --expires."
            ),
            id="all that stands in the way at once",
        ),
        pytest.param(
            a_cluster(),
            "--to-secret taken",
            'A Secret "taken" already exists, and this command did not write it: it is not overwritten.',
            "Choose another name.",
            id="a Secret that is there",
        ),
        pytest.param(
            a_cluster(forbidden={"create Secret"}),
            "--to-secret mine/KEY",
            "The API server refused the request: you may not create Secret.",
            "",
            id="a Secret that one may not create",
        ),
        pytest.param(
            a_cluster(),
            "--to-file /no/such/folder/token",
            "The folder /no/such/folder is not writable.",
            "Choose another file.",
            id="a folder that is not there",
        ),
        pytest.param(
            a_cluster(forbidden={"create apicredentials"}),
            "",
            "You may not mint tokens under invoice-bot in namespace finance.",
            "This needs the verb create on apicredentials.access.pharia.ai/token: ask an administrator of the namespace"
            " for it.",
            id="a right that is missing",
        ),
        pytest.param(
            a_cluster(forbidden={"get secrets"}),
            "--name new",
            "You may not read the Secret new-token in namespace finance, in which the token would come.",
            "This needs the verb get on secrets/new-token: ask an administrator of the namespace for it.",
            id="a Secret that one may not read",
        ),
    ],
)
def test_it_is_told_before_a_token_is_made(
    run: Run, session: FakeCluster, options: str, sentence: str, next_step: str
) -> None:
    answer = run(session, f"token create invoice-bot {options}")

    assert answer == Told(1, "", f"Error: {sentence}\n" + (f"{next_step}\n" if next_step else ""))
    assert session.written == []


def test_who_may_not_count_tokens_is_not_held_up(run: Run) -> None:
    session = a_cluster({"maxTokens": 1}, forbidden={"list ApiToken"})

    assert run(session, "token create invoice-bot --name new --dry-run") == Told(0, "", "token new created (dry run)\n")
    assert [body["metadata"]["name"] for body in session.written] == ["new"]


@pytest.mark.parametrize(
    ("options", "expires"),
    [
        ("", "90d"),
        ("--max-ttl 30d", "30d"),
        ("--max-ttl 365d", "90d"),
        ("--max-ttl 36h", "36h"),
        ("--max-ttl 90m", "1h30m"),
    ],
)
def test_what_a_new_credential_is_advised_next_can_be_done(run: Run, options: str, expires: str) -> None:
    session = FakeCluster([a_known_role()])
    answer = run(session, f"credential create bot --role studio-user {options}")
    session.bodies += session.written
    advised = answer.err.splitlines()[-1]

    assert advised == f"Next: kubectl access token create bot --expires {expires} -n finance"
    assert run(session, f"{advised.partition('kubectl access ')[2]} --dry-run").status == 0


def test_a_mint_over_the_clusters_maximum_is_told_in_the_options_words() -> None:
    """Which is a setting that people may not read: so the token is there, and is to be deleted."""
    token = TokenSummary(
        ObjectKey("finance", "ci"), "u", "bot", None, phase="Failed", reason=Reason.TTL_TOO_LONG, message="too long"
    )

    state = collection_state(token)

    assert isinstance(state, Unavailable)
    assert state.why == "too long"
    assert in_words(state.next_steps, "") == [
        "See: kubectl access token get ci -n finance",
        "To try again with a shorter --expires, first run: kubectl access token delete ci -n finance",
    ]


def test_a_rotation_that_would_leave_a_token_for_nobody_is_refused_before_the_question(run: Run) -> None:
    session = a_cluster(forbidden={"get secrets"})

    answer = run(session, "token rotate ci --name new")

    assert answer == Told(
        1,
        "",
        "Error: You may not read the Secret new-token in namespace finance, in which the token would come.\n"
        "This needs the verb get on secrets/new-token: ask an administrator of the namespace for it.\n",
    )
    assert session.written == []
