"""For each alert: series that fire it, series that must not, and what it then says; in promtool's notation."""

from __future__ import annotations

from typing import Final

from tests.support.documents.alert_series import OF_A, POD, Case, bucket, certificate, decisions, one
from tests.support.documents.operator_alert_cases import OPERATOR_CASES

__all__ = ["CASES"]

_VERIFIER_CASES: Final = (
    Case(
        "PhariaAccessNoVerifier",
        {'pharia_access_ready{pod="a"}': "0x60", 'pharia_access_ready{pod="b"}': "0x60"},
        {'pharia_access_ready{pod="a"}': "0x60", 'pharia_access_ready{pod="b"}': "1x60"},
        "No verifier answers checks.",
    ),
    Case(
        "PhariaAccessVerifierNotReady",
        *one("ready", fires="0x60", quiet="1x56 0 0 0 0"),
        "A verifier has not been ready for 5 minutes.",
        OF_A,
    ),
    Case(
        "PhariaAccessViewAging",
        {f'pharia_access_view_age_seconds{{part="ApiToken", {POD}}}': "180x60"},
        {f'pharia_access_view_age_seconds{{part="ApiToken", {POD}}}': "60x60"},
        "A verifier has heard nothing about ApiToken for 3m 0s.",
        {**OF_A, "part": "ApiToken"},
    ),
    Case(
        "PhariaAccessIssuerKeysUnread",
        {f'pharia_access_reload_successful{{source="service-account-keys", {POD}}}': "1x57 0 0 0"},
        # Read again within a minute; other sources have an alert of their own.
        {
            f'pharia_access_reload_successful{{source="service-account-keys", {POD}}}': "1x59 0",
            f'pharia_access_reload_successful{{source="keyring", {POD}}}': "0x60",
        },
        "A verifier cannot read the keys of ServiceAccounts' tokens.",
        {**OF_A, "source": "service-account-keys"},
    ),
    Case(
        "PhariaAccessChecksUnanswered",
        {decisions("ok"): "0+1200x60", decisions("overloaded"): "0+300x60"},
        {decisions("ok"): "0+1200x60", decisions("overloaded"): "0+6x60"},
        "20% of the checks are answered 503.",
    ),
    Case(
        "PhariaAccessChecksSlow",
        {bucket("0.1"): "0+60x60", bucket("0.5"): "0+120x60", bucket("+Inf"): "0+120x60"},
        {bucket("0.1"): "0+120x60", bucket("0.5"): "0+120x60", bucket("+Inf"): "0+120x60"},
        "One check in a hundred takes longer than 492ms.",
    ),
    Case(
        "PhariaAccessNoKeyring",
        *one("keyring_keys", fires="0x60", quiet="1x50 0x10"),
        "A verifier has no key of the keyring.",
        OF_A,
    ),
    Case(
        "PhariaAccessKeyReplaced",
        *one("keyring_keys_replaced", fires="1x60", quiet="0x60"),
        "The keyring has another key under an ID that tokens name.",
        OF_A,
    ),
    Case(
        "PhariaAccessCertificateEnding",
        {certificate("before"): "0x60", certificate("after"): "3800x60"},
        {certificate("before"): "0x60", certificate("after"): "90000x60"},
        "The certificate of checks ends in 3m 20s.",
        {**OF_A, "certificate": "checks"},
    ),
    Case(
        "PhariaAccessSharedTokenIDs",
        *one("shared_token_ids", fires="1x60", quiet="0x60"),
        "Several ApiTokens claim the same token ID.",
        OF_A,
    ),
    Case(
        "PhariaAccessForgedTokens",
        {decisions("wrong-secret"): "0+3x60"},
        {decisions("wrong-secret"): "1x60", decisions("ok"): "0+100x60"},
        "Tokens with a known ID and a wrong secret are presented.",
    ),
    Case(
        "PhariaAccessEndedTokensUsed",
        {decisions("revoked"): "0+3x60"},
        {decisions("revoked"): "9x60", decisions("ok"): "0+100x60"},
        "Tokens that are revoked are still presented.",
        {"reason": "revoked"},
    ),
    Case(
        "PhariaAccessRequirementMalformed",
        {decisions("malformed-requirement"): "0+3x60"},
        {decisions("ok"): "0+3x60"},
        "A gateway (nginx) asks for what the verifier cannot understand.",
        {"contract": "nginx"},
    ),
    Case(
        "PhariaAccessWatchDenied",
        {f'pharia_access_watch_interruptions_total{{kind="ApiRole", cause="denied", {POD}}}': "0+1x60"},
        {f'pharia_access_watch_interruptions_total{{kind="ApiRole", cause="broken", {POD}}}': "0+1x60"},
        "A verifier may not list or watch ApiRole.",
        {"kind": "ApiRole"},
    ),
    Case(
        "PhariaAccessEtcdRestored",
        {f'pharia_access_watch_interruptions_total{{kind="ApiToken", cause="rewound", {POD}}}': "_x58 1 1"},
        {f'pharia_access_watch_interruptions_total{{kind="ApiToken", cause="expired", {POD}}}': "0+1x60"},
        "The API server went back in time.",
    ),
    Case(
        "PhariaAccessMostRefused",
        {decisions("ok"): "0+100x60", decisions("unknown-token"): "0+300x60"},
        {decisions("ok"): "0+100x60", decisions("no-credentials"): "0+300x60", decisions("expired"): "0+30x60"},
        "75% of the tokens presented are refused.",
    ),
)
CASES: Final = (*_VERIFIER_CASES, *OPERATOR_CASES)
