"""The guards of a control plane, taken away or weakened by a test, and put back as they were."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from tools.control_plane.api import OPERATOR, rule
from tools.control_plane.installation import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tools.control_plane.api import Api
    from tools.control_plane.operators import RunningOperator
    from tools.control_plane.replies import Reply

__all__ = [
    "BINDING",
    "KIND",
    "NAMING_ACCOUNTS",
    "NEEDED_TO_LOOK",
    "POLICIES",
    "POLICY",
    "Json",
    "Tampering",
    "let_todays_operator_work",
    "renamed",
    "tampered",
    "until_guards_hold",
]

Json = dict[str, Any]

_MOST_TRIES: Final = 20

POLICIES: Final = (
    "bind-roles",
    "hold-credentials",
    "mint-workload-tokens",
    "mint-tokens",
    "write-status",
    "restrain-operator-secrets",
    "restrain-operator-resources",
    "reserve-one-time-secrets",
    "reserve-workload-secrets",
)
"""All that the chart installs, without their common ending."""
NAMING_ACCOUNTS: Final = POLICIES[3:]
"""Those in which an account of ours is named."""
POLICY: Final = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
BINDING: Final = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
KIND: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


_ADMISSION: Final = "admissionregistration.k8s.io"
_KINDS: Final = ("apiextensions.k8s.io", "customresourcedefinitions")
NEEDED_TO_LOOK: Final = (
    ("list", _ADMISSION, "validatingadmissionpolicies", "", "whether the policies hold"),
    ("list", _ADMISSION, "validatingadmissionpolicybindings", "", "whether they are bound"),
    ("get", *_KINDS, "apicredentials.access.pharia.ai", "what an ApiCredential may say"),
    ("get", *_KINDS, "apiroles.access.pharia.ai", "what an ApiRole may say"),
    ("get", *_KINDS, "apitokens.access.pharia.ai", "what an ApiToken may say"),
    ("get", *_KINDS, "workloadtokens.access.pharia.ai", "what a WorkloadToken may say"),
)
"""Verb, group, resource and name of each right of the operator, and what nobody knows without it."""


@dataclass(frozen=True, slots=True)
class Tampering:
    """What somebody does to one guard.

    Attributes:
        where: POLICY, BINDING or KIND.
        guard: in short, such as `bind-roles` or `apitokens`.
        change: edits the object; None deletes it.
    """

    where: str
    guard: str
    change: Callable[[Json], None] | None

    @property
    def path(self) -> str:
        """The object's."""
        return f"{self.where}/{self.guard}.access.pharia.ai"


@contextmanager
def tampered(admin: Api, tampering: Tampering) -> Iterator[None]:
    """While the block runs, the guard is as somebody left it."""
    before = admin.request("GET", tampering.path).body
    if tampering.change is None:
        assert admin.request("DELETE", tampering.path).ok
    else:
        changed = copy.deepcopy(before)
        tampering.change(changed)
        reply = admin.request("PUT", tampering.path, body=changed)
        assert reply.ok, reply.message
    try:
        yield
    finally:
        _put_back(admin, tampering.path, before)


@contextmanager
def renamed(
    admin: Api, *, labelled: bool, only: str = "", change: Callable[[Json], None] = lambda _: None
) -> Iterator[None]:
    """While the block runs, policies and bindings have names of an administrator's, and nothing of Helm's."""
    before = [
        (where, admin.request("GET", f"{where}/{name}.access.pharia.ai").body)
        for where in (POLICY, BINDING)
        for name in ([only] if only else POLICIES)
    ]
    theirs: list[tuple[str, Json]] = []
    for where, obj in before:
        copied = _fresh(obj)
        labels = copied["metadata"]["labels"] if labelled else {}
        copied["metadata"] = {"name": f"acme-{obj['metadata']['name'].partition('.')[0]}", "labels": labels}
        if where == POLICY:
            change(copied)
        else:
            copied["spec"]["policyName"] = theirs[len(theirs) - len(before) // 2][1]["metadata"]["name"]
        theirs.append((where, copied))
    try:
        for where, obj in theirs:
            assert admin.request("POST", where, body=obj).ok
        for where, obj in before:
            assert admin.request("DELETE", f"{where}/{obj['metadata']['name']}").ok
        yield
    finally:
        for where, obj in before:
            _put_back(admin, f"{where}/{obj['metadata']['name']}", obj)
        for where, obj in theirs:
            admin.request("DELETE", f"{where}/{obj['metadata']['name']}")


def let_todays_operator_work(admin: Api) -> None:
    """What it saw of the keyring by a patch up to chart 0.2.0, it gets by its name; and it looks at its guards."""
    admin.grant(OPERATOR, NAMESPACE, rule("", "secrets", "get", names=["pharia-access-keyring"]))
    rules = [rule(group, kind, verb, names=[name] if name else []) for verb, group, kind, name, _ in NEEDED_TO_LOOK]
    admin.grant_everywhere(OPERATOR, "look-at-guards", *rules)


def until_guards_hold(operator: RunningOperator, *, holds: bool = True) -> None:
    """Wait until an operator has noticed."""
    operator.process.wait_until(
        lambda: ("nothing is minted" in operator.get("/readyz")[1]) is not holds,
        what=f"the operator finds that its guards {'hold' if holds else 'do not hold'}",
        timeout=100,
    )


def _fresh(obj: Json) -> Json:
    """As it would be created."""
    metadata = {key: obj["metadata"].get(key, {}) for key in ("name", "labels", "annotations")}
    return copy.deepcopy({**obj, "metadata": metadata})


def _put_back(admin: Api, path: str, before: Json) -> None:
    """Try again after a conflict: the API server's controllers write the status of a policy in between."""
    tries = (_put(admin, path, _fresh(before)) for _ in range(_MOST_TRIES))
    reply = next((reply for reply in tries if reply.status != HTTPStatus.CONFLICT), None)
    assert reply, f"{path}: only conflicts"
    assert reply.ok, reply.message


def _put(admin: Api, path: str, fresh: Json) -> Reply:
    now = admin.request("GET", path)
    if not now.ok:
        return admin.request("POST", path.rpartition("/")[0], body=fresh)
    fresh["metadata"]["resourceVersion"] = now.body["metadata"]["resourceVersion"]
    return admin.request("PUT", path, body=fresh)
