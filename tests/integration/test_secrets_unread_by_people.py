"""Who may edit credentials and tokens, and read no Secret, gets none by them: by no name, status, error or Event.

The operator looks at what a token's spec names. With the rights that the chart's ClusterRoles give, and no others.
"""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.security.burglar import Kinds, about, rights_of, sent
from tests.support.security.house import COPIED_KEYRING, FOREIGN, LEAVING, House
from tests.support.security.leaks import base64_forms
from tests.support.security.left_behind import left_behind
from tests.support.security.rights import Right, may
from tools.control_plane.installation import NAMESPACE
from tools.control_plane.processes import wait_until
from tools.control_plane.resources import api_token, secret
from tools.control_plane.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.kubectl.command_line import Access
    from tests.support.operators.operator_pool import OperatorPool
    from tools.control_plane.api import Api
    from tools.control_plane.operators import RunningOperator
    from tools.control_plane.plane import ControlPlane

Json = dict[str, Any]

NOSY = "nosy"
GROUP = "access.pharia.ai"
VICTIM, KEYRING, AT_HOME = "victim-token", "pharia-access-keyring", "in-the-house"
HERE, HOME = [FOREIGN, LEAVING, COPIED_KEYRING, VICTIM], [KEYRING, AT_HOME]
"""The Secrets that tokens name in the test's namespace, and in the release's."""
COMMANDS = (
    "token get {name}",
    "token get {name} -o json",
    "token collect {name} --wait 1s",
    "token collect victim --wait 1s",
    "token rotate {name} --yes --wait 1s",
    "token list -o yaml",
    "keyring status",
    "keyring rotate --yes",
    "audit",
)


@pytest.fixture
def talkative(pool: OperatorPool) -> Iterator[RunningOperator]:
    """An operator that logs all it can."""
    with pool.alone({"PHARIA_ACCESS_LOG_LEVEL": "debug"}) as operator:
        yield operator


@pytest.fixture
def nosy(admin: Api, namespace: str) -> Iterator[Api]:
    """Somebody with all that the chart gives to people, in both namespaces, and nothing that Kubernetes gives."""
    bound = [binding(place, role) for place in (namespace, NAMESPACE) for role in ("view", "edit", "mint")]
    assert all(admin.create(each).ok for each in bound)
    for place in (namespace, NAMESPACE):
        minting = Right("create", GROUP, "apicredentials/token", place)
        wait_until(lambda: may(admin, NOSY, minting), what=f"may mint in {place}", timeout=10)  # noqa: B023 - awaited
        assert not may(admin, NOSY, Right("get", "", "secrets", place))
    yield admin.as_user(NOSY)
    assert all(admin.delete(each).ok for each in bound)


def binding(namespace: str, role: str) -> Json:
    return {
        "kind": "RoleBinding",
        "metadata": {"name": f"nosy-{role}", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": f"pharia-access-{role}"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": NOSY}],
    }


@pytest.fixture
def home(admin: Api, house: House) -> Iterator[Workspace]:
    """The release's namespace, with a credential and somebody's Secret in it."""
    place = Workspace(admin, NAMESPACE)
    credential = place.credential()
    house.put(AT_HOME, namespace=NAMESPACE)
    yield place
    assert admin.delete_all("ApiToken", NAMESPACE).ok
    assert admin.delete(credential).ok
    assert admin.delete(secret(NAMESPACE, AT_HOME)).ok


@pytest.fixture
def house(workspace: Workspace) -> House:
    """Somebody's Secrets in the namespace of the test."""
    workspace.credential()
    return House.furnished(workspace.api, workspace.namespace)


def covet(nosy: Api, place: Workspace, names: list[str]) -> None:
    """Make a token for each Secret that names it as its own; the operator finds that it is not."""
    for name in names:
        wish = {"delivery": {"secretName": name, "window": "30m"}}
        assert nosy.create(api_token(place.namespace, f"of-{name}", **wish)).ok
    for name in names:
        place.until_outcome(f"of-{name}", "Pending", "SecretConflict")


def end(nosy: Api, place: Workspace, names: list[str]) -> None:
    """Revoke them: the operator looks for what a crash may have left."""
    for name in names:
        assert nosy.patch(api_token(place.namespace, f"of-{name}"), {"spec": {"revoked": True}}).ok
    for name in names:
        place.until_outcome(f"of-{name}", "Revoked", "Revoked")


def test_a_token_that_names_somebodys_secret_tells_nothing_of_it(
    control_plane: ControlPlane,
    talkative: RunningOperator,
    workspace: Workspace,
    house: House,
    home: Workspace,
    nosy: Api,
) -> None:
    workspace.issued("victim")
    before = {name: workspace.known("Secret", name) for name in HERE}
    keyring = home.known("Secret", KEYRING)
    hidden = [*before[VICTIM]["data"]["token"].split("="), *keyring["data"].values(), workspace.text(VICTIM).reveal()]

    covet(nosy, workspace, HERE)
    covet(nosy, home, HOME)
    left = left_behind(control_plane, house.admin, talkative.process)
    end(nosy, workspace, HERE)
    end(nosy, home, HOME)
    rights, kinds = rights_of(nosy, workspace.namespace), Kinds(house.admin)
    requests = (about(kinds, right, f"of-{FOREIGN}", dry=True) for right in sorted(rights))
    answers = sent(nosy, itertools.chain.from_iterable(requests))
    after = left_behind(control_plane, house.admin, talkative.process)

    assert [str(request) for request, answer in answers if house.bait.is_in(answer.content)] == []
    for place, content in [*left.items(), *after.items()]:
        assert not house.bait.is_in(content), place
        assert not [1 for text in hidden if len(text) > 20 and text in content], place  # never which
    assert {name: workspace.known("Secret", name) for name in HERE} == before
    assert home.known("Secret", KEYRING) == keyring
    assert "SecretConflict" in left["ApiToken"], "the search looks at the right objects"


@pytest.mark.usefixtures("talkative")
def test_no_command_tells_of_a_secret_what_its_user_may_not_read(
    access: Access, workspace: Workspace, nosy: Api
) -> None:
    house = House.furnished(workspace.api, workspace.namespace)
    workspace.issued("victim")
    covet(nosy, workspace, [FOREIGN])
    text = workspace.text(VICTIM).reveal()

    words = [command.format(name=f"of-{FOREIGN}").split() for command in COMMANDS]
    told = [access(*each, "--as", NOSY, namespace=each[0] != "keyring") for each in words]

    shown = json.dumps([[each.out, each.err] for each in told])
    assert not house.bait.is_in(shown)
    assert not [form for form in (text, *base64_forms(text)) if form in shown]
    assert "SecretConflict" in shown
    assert sum("nosy may not get" in each.err for each in told) == 3, "what reads a Secret is refused"
