"""Nobody reads a Secret through what we grant: whatever the ServiceAccounts' tokens send, whatever comes back.

On the real API server, with the chart's own Roles and policies. Every reply, log and Event is searched.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from tests.support.security.bodies import ENTRY
from tests.support.security.burglar import METHODS, Kinds, Request, about, detours, rights_of, sent
from tests.support.security.house import COPIED_KEYRING, FOREIGN, KEPT, LEAVING, House
from tests.support.security.left_behind import left_behind
from tests.support.security.rights import Right
from tools.control_plane.api import Api, rule
from tools.control_plane.installation import NAMESPACE, OPERATOR_ACCOUNT
from tools.control_plane.verifiers import VERIFIER_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.plane import ControlPlane
    from tools.control_plane.workspace import Workspace

ACCOUNTS = [OPERATOR_ACCOUNT, VERIFIER_ACCOUNT]
VERBS = [*METHODS, "list", "watch", "deletecollection"]
OWN, MISSING = "ci-token", "missing"


@pytest.fixture
def house(workspace: Workspace) -> House:
    """Somebody's Secrets in the namespace of the test."""
    return House.furnished(workspace.api, workspace.namespace)


@pytest.fixture
def thief(control_plane: ControlPlane, tmp_path: Path) -> Callable[[str], Api]:
    """Signs in as a ServiceAccount, by its own token."""
    return lambda account: Api(control_plane.service_account_kubeconfig(NAMESPACE, account, tmp_path / account))


def everything(kinds: Kinds, rights: set[Right], house: House) -> Iterator[Request]:
    """Each right on each name, and each verb on somebody's Secrets whether there is a right or not."""
    tried = {Right(verb, "", "secrets", house.namespace) for verb in VERBS}
    for dry in (True, False):  # so that what may be deleted is there for the first half
        for right in sorted(rights | tried):
            if dry or (right in rights and right.resource == "secrets"):
                yield from itertools.chain(*(about(kinds, right, name, dry=dry) for name in names_of(right, rights)))
    for name in (COPIED_KEYRING, LEAVING):
        yield from about(kinds, Right("delete", "", "secrets", house.namespace), name, dry=True)
    yield from detours(house.namespace, FOREIGN)


def names_of(right: Right, rights: set[Right]) -> list[str]:
    """What a right is tried on."""
    if right.name or right.resource != "secrets":
        return [right.name or "ci"]
    return [FOREIGN, KEPT, OWN, MISSING] if right in rights else [FOREIGN, KEPT]


def held(api: Api, namespace: str) -> set[Right]:
    """What somebody may do there, and in the release's namespace besides."""
    here = rights_of(api, namespace)
    return here | {right for right in rights_of(api, NAMESPACE) if replace(right, namespace=namespace) not in here}


@pytest.mark.parametrize("account", ACCOUNTS)
def test_no_request_of_a_process_shows_a_foreign_secret(
    control_plane: ControlPlane,
    pool: OperatorPool,
    workspace: Workspace,
    house: House,
    thief: Callable[[str], Api],
    account: str,
    told: Callable[[str], None],
) -> None:
    operator = pool.shared()
    workspace.credential()
    workspace.issued()
    pool.stop()  # what the thief does to its Lease and to tokens is not the matter here
    before = workspace.list("Secret")
    api = thief(account)
    rights = held(api, house.namespace)

    answers = sent(api, everything(Kinds(house.admin), rights, house))

    assert [str(request) for request, answer in answers if house.bait.is_in(answer.content)] == []
    left = left_behind(control_plane, house.admin, operator.process)
    assert [place for place, content in left.items() if house.bait.is_in(content)] == []
    assert [each for each in before if each["metadata"]["name"] != OWN] == [
        each for each in workspace.list("Secret") if each["metadata"]["name"] != OWN
    ]
    without = [(str(it), answer.status) for it, answer in answers if it.right.verb in VERBS and it.right not in rights]
    assert {status for _, status in without} == {HTTPStatus.FORBIDDEN}
    assert {request.right for request, answer in answers if request.right in rights} == rights
    shown = [request for request, answer in answers if answer.status == HTTPStatus.OK and OWN in request.target]
    told(f"{len(answers)} requests of {account} on Secrets and all else that it may touch: none shows a foreign Secret")
    assert bool(shown) == (account == OPERATOR_ACCOUNT), "its own one-time Secret is what the operator sees"


def test_whoever_may_patch_secrets_reads_them(control_plane: ControlPlane, house: House) -> None:
    """Why nobody here has that right; and the search above finds what there is to be found."""
    house.admin.grant("patcher", house.namespace, rule("", "secrets", "patch"))
    patch = Right("patch", "", "secrets", house.namespace)

    answers = sent(house.admin.as_user("patcher"), about(Kinds(house.admin), patch, FOREIGN, dry=True))

    quoted = [str(request) for request, answer in answers if not answer.ok and house.bait.is_in(answer.content)]
    for form in ('{"metadata": {"creationTimestamp": "x"}}', f"copy /data/{ENTRY} to /metadata/name"):
        assert any(form in request for request in quoted), form
    assert house.bait.is_in(control_plane.audit_log.read_text(encoding="utf-8")), "at level Metadata, too"
