"""For each alert: series that fire it, series that must not, and what it then says; in promtool's notation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CASES", "Case"]


@dataclass(frozen=True, slots=True)
class Case:
    """An alert.

    Attributes:
        fires: series with their values, one a minute.
        quiet: the same where nothing is wrong.
        summary: what it says when it fires.
        labels: what it carries beside its name and severity.
        minute: when to look.
    """

    alert: str
    fires: Mapping[str, str]
    quiet: Mapping[str, str]
    summary: str
    labels: Mapping[str, str] = field(default_factory=dict)
    minute: int = 60


_POD: Final = 'pod="a"'
_A: Final = {"pod": "a"}


def _decisions(reason: str, *, contract: str = "nginx") -> str:
    return f'pharia_access_decisions_total{{contract="{contract}", reason="{reason}", pod="a"}}'


def _one(name: str, *, fires: str, quiet: str) -> tuple[dict[str, str], dict[str, str]]:
    series = f"pharia_access_{name}{{{_POD}}}"
    return {series: fires}, {series: quiet}


def _errors(reason: str) -> str:
    return f'pharia_access_reconcile_errors_total{{kind="ApiToken", reason="{reason}", pod="a"}}'


def _watched(pod: str, namespace: str) -> str:
    """As Prometheus calls it where it scrapes pods in the namespace `a`."""
    return f'pharia_access_namespace_watched{{namespace="a", exported_namespace="{namespace}", pod="{pod}"}}'


def _certificate(end: str) -> str:
    return f'pharia_access_certificate_not_{end}_timestamp_seconds{{certificate="checks", {_POD}}}'


def _bucket(bound: str) -> str:
    return f'pharia_access_decision_duration_seconds_bucket{{contract="nginx", le="{bound}", pod="a"}}'


CASES: Final = (
    Case(
        "PhariaAccessNoVerifier",
        {'pharia_access_ready{pod="a"}': "0x60", 'pharia_access_ready{pod="b"}': "0x60"},
        {'pharia_access_ready{pod="a"}': "0x60", 'pharia_access_ready{pod="b"}': "1x60"},
        "No verifier answers checks.",
    ),
    Case(
        "PhariaAccessVerifierNotReady",
        *_one("ready", fires="0x60", quiet="1x56 0 0 0 0"),
        "A verifier has not been ready for 5 minutes.",
        _A,
    ),
    Case(
        "PhariaAccessViewAging",
        {f'pharia_access_view_age_seconds{{part="ApiToken", {_POD}}}': "180x60"},
        {f'pharia_access_view_age_seconds{{part="ApiToken", {_POD}}}': "60x60"},
        "A verifier has heard nothing about ApiToken for 3m 0s.",
        {**_A, "part": "ApiToken"},
    ),
    Case(
        "PhariaAccessChecksUnanswered",
        {_decisions("ok"): "0+1200x60", _decisions("overloaded"): "0+300x60"},
        {_decisions("ok"): "0+1200x60", _decisions("overloaded"): "0+6x60"},
        "20% of the checks are answered 503.",
    ),
    Case(
        "PhariaAccessChecksSlow",
        {_bucket("0.1"): "0+60x60", _bucket("0.5"): "0+120x60", _bucket("+Inf"): "0+120x60"},
        {_bucket("0.1"): "0+120x60", _bucket("0.5"): "0+120x60", _bucket("+Inf"): "0+120x60"},
        "One check in a hundred takes longer than 492ms.",
    ),
    Case(
        "PhariaAccessNoKeyring",
        *_one("keyring_keys", fires="0x60", quiet="1x50 0x10"),
        "A verifier has no key of the keyring.",
        _A,
    ),
    Case(
        "PhariaAccessKeyReplaced",
        *_one("keyring_keys_replaced", fires="1x60", quiet="0x60"),
        "The keyring has another key under an ID that tokens name.",
        _A,
    ),
    Case(
        "PhariaAccessCertificateEnding",
        {_certificate("before"): "0x60", _certificate("after"): "3800x60"},
        {_certificate("before"): "0x60", _certificate("after"): "90000x60"},
        "The certificate of checks ends in 3m 20s.",
        {**_A, "certificate": "checks"},
    ),
    Case(
        "PhariaAccessSharedTokenIDs",
        *_one("shared_token_ids", fires="1x60", quiet="0x60"),
        "Several ApiTokens claim the same token ID.",
        _A,
    ),
    Case(
        "PhariaAccessForgedTokens",
        {_decisions("wrong-secret"): "0+3x60"},
        {_decisions("wrong-secret"): "1x60", _decisions("ok"): "0+100x60"},
        "Tokens with a known ID and a wrong secret are presented.",
    ),
    Case(
        "PhariaAccessEndedTokensUsed",
        {_decisions("revoked"): "0+3x60"},
        {_decisions("revoked"): "9x60", _decisions("ok"): "0+100x60"},
        "Tokens that are revoked are still presented.",
        {"reason": "revoked"},
    ),
    Case(
        "PhariaAccessRequirementMalformed",
        {_decisions("malformed-requirement"): "0+3x60"},
        {_decisions("ok"): "0+3x60"},
        "A gateway (nginx) asks for what the verifier cannot understand.",
        {"contract": "nginx"},
    ),
    Case(
        "PhariaAccessWatchDenied",
        {f'pharia_access_watch_interruptions_total{{kind="ApiRole", cause="denied", {_POD}}}': "0+1x60"},
        {f'pharia_access_watch_interruptions_total{{kind="ApiRole", cause="broken", {_POD}}}': "0+1x60"},
        "A verifier may not list or watch ApiRole.",
        {"kind": "ApiRole"},
    ),
    Case(
        "PhariaAccessEtcdRestored",
        {f'pharia_access_watch_interruptions_total{{kind="ApiToken", cause="rewound", {_POD}}}': "_x58 1 1"},
        {f'pharia_access_watch_interruptions_total{{kind="ApiToken", cause="expired", {_POD}}}': "0+1x60"},
        "The API server went back in time.",
    ),
    Case(
        "PhariaAccessMostRefused",
        {_decisions("ok"): "0+100x60", _decisions("unknown-token"): "0+300x60"},
        {_decisions("ok"): "0+100x60", _decisions("no-credentials"): "0+300x60", _decisions("expired"): "0+30x60"},
        "75% of the tokens presented are refused.",
    ),
    Case(
        "PhariaAccessNoLeader",
        {'pharia_access_leader{pod="a"}': "0x60", 'pharia_access_leader{pod="b"}': "0x60"},
        {'pharia_access_leader{pod="a"}': "0x60", 'pharia_access_leader{pod="b"}': "1x60"},
        "No operator leads.",
    ),
    Case(
        "PhariaAccessSeveralLeaders",
        {'pharia_access_leader{pod="a"}': "1x60", 'pharia_access_leader{pod="b"}': "1x60"},
        {'pharia_access_leader{pod="a"}': "1x60", 'pharia_access_leader{pod="b"}': "0x60"},
        "2 operators lead at once.",
    ),
    Case(
        "PhariaAccessQueueStuck",
        *_one("queue_oldest_seconds", fires="90x60", quiet="10x60"),
        "An object has waited for the operator for 1m 30s.",
        _A,
    ),
    Case(
        "PhariaAccessDeadlinesMissed",
        {f"pharia_access_next_due_timestamp_seconds{{{_POD}}}": "3000x60", f"pharia_access_leader{{{_POD}}}": "1x60"},
        # Not the leader any more: what it last heard is of no interest.
        {f"pharia_access_next_due_timestamp_seconds{{{_POD}}}": "3000x60", f"pharia_access_leader{{{_POD}}}": "0x60"},
        "What was due 10m 0s ago is not done.",
        _A,
    ),
    Case(
        "PhariaAccessListOverdue",
        *_one("last_full_list_seconds", fires="4000x60", quiet="1800x60"),
        "An operator has not finished a full list for 1h 6m 40s.",
        _A,
    ),
    Case(
        "PhariaAccessOperatorDenied",
        {_errors("DeniedError"): "0+1x60"},
        {_errors("ConflictError"): "0+1x60"},
        "The operator lacks a right for ApiToken, or a policy refuses it.",
        {"kind": "ApiToken"},
    ),
    Case(
        "PhariaAccessGuardsDown",
        {f'pharia_access_guard_holds{{guard="bind-roles", {_POD}}}': "0x60"},
        {f'pharia_access_guard_holds{{guard="bind-roles", {_POD}}}': "1x58 0 0"},
        "A guard of minting does not hold (bind-roles).",
        {"guard": "bind-roles"},
    ),
    Case(
        "PhariaAccessOperatorFault",
        {_errors("fault"): "0+1x60"},
        {_errors("UnavailableError"): "0+1x60"},
        "The operator has a defect that ApiToken brought out.",
        {"kind": "ApiToken"},
    ),
    Case(
        "PhariaAccessTokensFailed",
        {f'pharia_access_tokens{{phase="Failed", {_POD}}}': "3x60"},
        {f'pharia_access_tokens{{phase="Failed", {_POD}}}': "0x60"},
        "3 ApiTokens have failed.",
    ),
    Case(
        "PhariaAccessEventsDropped",
        *_one("events_dropped_total", fires="0+1x60", quiet="7x60"),
        "The operator could not write Events.",
        _A,
    ),
    Case(
        "PhariaAccessNamespaceLost",
        {
            _watched("operator", "finance"): "1x60",
            _watched("operator", "doomed"): "1x60",
            _watched("verifier", "doomed"): "0x60",
        },
        {
            _watched("operator", "doomed"): "0x50 1x10",
            _watched("verifier", "doomed"): "1x60",
        },
        "The namespace doomed cannot be watched.",
        {"namespace": "a", "exported_namespace": "doomed"},
    ),
    Case(
        "PhariaAccessObjectMalformed",
        {f'pharia_access_malformed_objects_total{{kind="ApiRole", {_POD}}}': "0+1x60"},
        {f'pharia_access_malformed_objects_total{{kind="ApiRole", {_POD}}}': "7x60"},
        "An object of kind ApiRole cannot be understood.",
        {"kind": "ApiRole"},
    ),
    Case(
        "PhariaAccessReloadFailing",
        {f'pharia_access_reload_successful{{source="keyring", {_POD}}}': "0x60"},
        {f'pharia_access_reload_successful{{source="keyring", {_POD}}}': "1x52 0x8"},
        "The keyring has not been readable for 10 minutes.",
        {**_A, "source": "keyring"},
    ),
    Case(
        "PhariaAccessClockOff",
        *_one("clock_offset_seconds", fires="-8x60", quiet="-1x60"),
        "A clock is 8s away from the API server's.",
        _A,
    ),
)
