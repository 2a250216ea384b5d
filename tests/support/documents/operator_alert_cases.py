"""For each alert about operators, and about all that runs: the same as `alert_cases` has for verifiers."""

from __future__ import annotations

from typing import Final

from tests.support.documents.alert_series import OF_A, POD, Case, errors, expiring, one, watched, workloads

__all__ = ["OPERATOR_CASES"]

OPERATOR_CASES: Final = (
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
        *one("queue_oldest_seconds", fires="90x60", quiet="10x60"),
        "An object has waited for the operator for 1m 30s.",
        OF_A,
    ),
    Case(
        "PhariaAccessDeadlinesMissed",
        {f"pharia_access_next_due_timestamp_seconds{{{POD}}}": "3000x60", f"pharia_access_leader{{{POD}}}": "1x60"},
        # Not the leader any more: what it last heard is of no interest.
        {f"pharia_access_next_due_timestamp_seconds{{{POD}}}": "3000x60", f"pharia_access_leader{{{POD}}}": "0x60"},
        "What was due 10m 0s ago is not done.",
        OF_A,
    ),
    Case(
        "PhariaAccessListOverdue",
        *one("last_full_list_seconds", fires="4000x60", quiet="1800x60"),
        "An operator has not finished a full list for 1h 6m 40s.",
        OF_A,
    ),
    Case(
        "PhariaAccessOperatorDenied",
        {errors("DeniedError"): "0+1x60"},
        {errors("ConflictError"): "0+1x60"},
        "The operator lacks a right for ApiToken, or a policy refuses it.",
        {"kind": "ApiToken"},
    ),
    Case(
        "PhariaAccessGuardsDown",
        {f'pharia_access_guard_holds{{guard="bind-roles", {POD}}}': "0x60"},
        {f'pharia_access_guard_holds{{guard="bind-roles", {POD}}}': "1x58 0 0"},
        "A guard of minting does not hold (bind-roles).",
        {"guard": "bind-roles"},
    ),
    Case(
        "PhariaAccessOperatorFault",
        {errors("fault"): "0+1x60"},
        {errors("UnavailableError"): "0+1x60"},
        "The operator has a defect that ApiToken brought out.",
        {"kind": "ApiToken"},
    ),
    Case(
        "PhariaAccessTokensFailed",
        {f'pharia_access_tokens{{phase="Failed", {POD}}}': "3x60"},
        {f'pharia_access_tokens{{phase="Failed", {POD}}}': "0x60"},
        "3 ApiTokens have failed.",
    ),
    Case(
        "PhariaAccessTokensExpiring",
        # Each replica tells what it knows; Prometheus scrapes both in the operator's namespace.
        {expiring("finance", of="a"): "2x61", expiring("finance", of="b"): "2x61"},
        # Its successor came in time, or its series is gone.
        {expiring("finance", of="a"): "0x61", expiring("sales", of="a"): "2x58 stale"},
        "In the namespace finance, 2 API tokens end soon and have no successor.",
        {"namespace": "finance", "token_namespace": "finance"},
        minute=61,
        texts={
            "command": "kubectl get apitokens --namespace finance --field-selector status.phase=Active"
            " --sort-by .status.endsAt"
        },
    ),
    Case(
        "PhariaAccessRotationOverdue",
        # Each replica tells what it knows.
        {workloads("overdue", of="a"): "3x60", workloads("overdue", of="b"): "3x60"},
        # Renewed in time, or within five minutes.
        {workloads("overdue", of="a"): "0x55 1x5", workloads("current", of="a"): "9x60"},
        "WorkloadTokens that are overdue for renewal: 3.",
    ),
    Case(
        "PhariaAccessWorkloadTokenEnded",
        {workloads("ended", of="a"): "1x60"},
        # One that is overdue is good, and one whose text ended is replaced within a minute or so.
        {workloads("ended", of="a"): "0x58 1 0", workloads("overdue", of="a"): "4x60"},
        "WorkloadTokens whose Secret holds a token that has ended: 1.",
    ),
    Case(
        "PhariaAccessEventsDropped",
        *one("events_dropped_total", fires="0+1x60", quiet="7x60"),
        "The operator could not write Events.",
        OF_A,
    ),
    Case(
        "PhariaAccessNamespaceLost",
        {
            watched("operator", "finance"): "1x60",
            watched("operator", "doomed"): "1x60",
            watched("verifier", "doomed"): "0x60",
        },
        {
            watched("operator", "doomed"): "0x50 1x10",
            watched("verifier", "doomed"): "1x60",
        },
        "The namespace doomed cannot be watched.",
        {"namespace": "a", "exported_namespace": "doomed"},
    ),
    Case(
        "PhariaAccessObjectMalformed",
        {f'pharia_access_malformed_objects_total{{kind="ApiRole", {POD}}}': "0+1x60"},
        {f'pharia_access_malformed_objects_total{{kind="ApiRole", {POD}}}': "7x60"},
        "An object of kind ApiRole cannot be understood.",
        {"kind": "ApiRole"},
    ),
    Case(
        "PhariaAccessReloadFailing",
        {f'pharia_access_reload_successful{{source="keyring", {POD}}}': "0x60"},
        {
            f'pharia_access_reload_successful{{source="keyring", {POD}}}': "1x52 0x8",
            f'pharia_access_reload_successful{{source="service-account-keys", {POD}}}': "0x60",
        },
        "The keyring has not been readable for 10 minutes.",
        {**OF_A, "source": "keyring"},
    ),
    Case(
        "PhariaAccessClockOff",
        *one("clock_offset_seconds", fires="-8x60", quiet="-1x60"),
        "A clock is 8s away from the API server's.",
        OF_A,
    ),
)
