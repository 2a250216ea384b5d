"""What is found of workload tokens: each fault by a row, and nothing of one that is in order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pharia_access.domain.administration.findings import FindingType, Limits
from pharia_access.domain.administration.hygiene_rules import audit
from pharia_access.domain.administration.workload_hygiene import audit_workloads
from pharia_access.kube.administration.summaries import token_summary
from pharia_access.kube.administration.workload_summaries import workload_summary
from tests.support.administration.stored_workloads import a_child, a_workload
from tests.support.builders.domain_objects import NOW

IN_ORDER = replace(workload_summary(a_workload()), git="Argo CD")


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"stalled": "nobody lets the operator"}, [FindingType.FAILED]),
        ({"ready": "False", "message": "late"}, [FindingType.OVERDUE]),
        ({"ready": "False", "stalled": "late, since nobody lets it"}, [FindingType.FAILED]),
        ({"in_use": "app-6 was used, and ends"}, [FindingType.STILL_USED]),
        ({"suspended": True}, [FindingType.SUSPENDED]),
        ({"suspended": True, "ready": "False", "git": ""}, [FindingType.SUSPENDED]),
        ({"git": ""}, [FindingType.NO_AUTHOR]),
        ({"git": "", "in_use": "used"}, [FindingType.NO_AUTHOR, FindingType.STILL_USED]),
    ],
)
def test_each_fault_is_found_once(changed: dict[str, Any], found: list[FindingType]) -> None:
    findings = audit_workloads([replace(IN_ORDER, **changed)])

    assert [finding.type for finding in findings] == found
    assert all(finding.message and finding.kind == "workload" for finding in findings)


def test_of_a_kept_token_its_keeper_sees_to_the_end() -> None:
    ended, ending = token_summary(a_child(6, phase="Expired")), token_summary(a_child(7))
    kept = [replace(token, issued=NOW) for token in (ended, ending)]
    free = [replace(token, keeper="") for token in kept]

    def types(tokens: list[Any]) -> set[FindingType]:
        return {each.type for each in audit(tokens, [], {}, limits=Limits(), now=NOW)}

    assert FindingType.EXPIRED not in types(kept)
    assert FindingType.EXPIRED in types(free)
