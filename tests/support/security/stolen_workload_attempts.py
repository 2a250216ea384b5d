"""What somebody tries on WorkloadTokens who has stolen the operator's token; the words are the threat model's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.support.security.stolen_access import Attempt, StolenAccess, fails, succeeds
from tools.control_plane.resources import child_token, kept_secret, workload_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.control_plane.replies import Reply

__all__ = ["DELEGATED", "KEPT_REVISION", "WORKLOADS"]

Json = dict[str, Any]

KEPT_REVISION: Final = 2
_SECOND_OWNER: Final = {"apiVersion": "v1", "kind": "ConfigMap", "name": "mine", "uid": "0a1b"}


def _kept(access: StolenAccess, revision: int = KEPT_REVISION) -> Json:
    """The WorkloadToken's Secret, as a thief would write it."""
    return kept_secret(access.workload, revision, value="a thief's")


def _child(access: StolenAccess, change: Callable[[Json], object] = lambda _: None, **spec: object) -> Reply:
    """Create a token of the WorkloadToken, changed so; nothing is kept of it."""
    body = child_token(access.workload, 77, **spec)
    change(body)
    return access.api.create(body, dryRun="All")


def _under_another(access: StolenAccess) -> Reply:
    body = child_token(access.workload, 77)
    body["spec"]["credentialRef"] = {"name": "strong"}
    return access.api.create(body, dryRun="All")


def _of_another(access: StolenAccess) -> Reply:
    stranger = {**access.workload, "metadata": {**access.workload["metadata"], "name": "another"}}
    body = child_token(stranger, 77)
    body["metadata"]["name"] = "mine-77"
    return access.api.create(body, dryRun="All")


def _without_owner(access: StolenAccess) -> Reply:
    body = kept_secret(access.workload, 1, name="planted")
    del body["metadata"]["ownerReferences"]
    return access.api.create(body)


def _taken_over(access: StolenAccess) -> Reply:
    stranger = {**access.workload, "metadata": {**access.workload["metadata"], "uid": "another"}}
    return access.api.replace(kept_secret(stranger, KEPT_REVISION + 1))


def _marked(**metadata: object) -> Callable[[Json], object]:
    return lambda body: body["metadata"].update(metadata)


WORKLOADS: Final[tuple[Attempt, ...]] = (
    fails("read the Secret of a WorkloadToken", "no such right", lambda it: it.api.read(_kept(it))),
    fails("see it by a deletion as a dry run", "an admission policy", lambda it: it.look(_kept(it))),
    fails(
        "see it by a patch that cannot be decoded",
        "no such right",
        lambda it: it.api.patch(_kept(it), {"metadata": {"creationTimestamp": "x"}}, dryRun="All"),
    ),
    fails("delete it", "an admission policy", lambda it: it.api.delete(_kept(it))),
    fails(
        "write an earlier text over a later one",
        "an admission policy",
        lambda it: it.api.replace(_kept(it, KEPT_REVISION - 1)),
    ),
    succeeds(
        "write another text into it, as a later revision",
        "its work: the pods get a text that proves nothing, or another's",
        lambda it: it.api.replace(_kept(it, KEPT_REVISION + 1)),
    ),
    fails("give it to another WorkloadToken", "an admission policy", _taken_over),
    fails("make such a Secret that goes with no WorkloadToken", "an admission policy", _without_owner),
    fails("create a token of a WorkloadToken where nobody let the operator", "no such right", _child),
    fails("create a WorkloadToken", "no such right", lambda it: it.api.create(workload_token(it.namespace, "mine"))),
    fails(
        "change what a WorkloadToken mints",
        "no such right",
        lambda it: it.api.patch(it.workload, {"spec": {"rotate": "now"}}),
    ),
    fails("delete a WorkloadToken", "no such right", lambda it: it.api.delete(it.workload)),
    succeeds(
        "say a wrong status of a WorkloadToken",
        "its work: at worst it must be made anew, since its numbers only rise",
        lambda it: it.status(it.workload, revision=9999999999),
    ),
)
"""What it tries where there is a WorkloadToken."""

DELEGATED: Final[tuple[Attempt, ...]] = (
    succeeds(
        "create a token of a WorkloadToken, under the credential that was delegated",
        "its work; it reads the one-time Secret",
        _child,
    ),
    fails("create one under another credential", "an admission policy", _under_another),
    fails("create one with a second owner", "an admission policy", lambda it: _child(it, _second_owner)),
    fails("create one without an owner", "an admission policy", lambda it: _child(it, _marked(ownerReferences=None))),
    fails("create one of another WorkloadToken than its name says", "an admission policy", _of_another),
    fails(
        "create one with an annotation, as if Git had declared it",
        "an admission policy",
        lambda it: _child(it, _marked(annotations={"argocd.argoproj.io/tracking-id": "x"})),
    ),
    fails(
        "create one with a label of its own",
        "an admission policy",
        lambda it: _child(it, lambda body: body["metadata"]["labels"].update(mine="yes")),
    ),
    fails(
        "create one that a finalizer keeps",
        "an admission policy",
        lambda it: _child(it, _marked(finalizers=["example.com/mine"])),
    ),
)
"""What it tries where a namespace lets the operator mint under one credential."""


def _second_owner(body: Json) -> None:
    body["metadata"]["ownerReferences"].append(_SECOND_OWNER)
