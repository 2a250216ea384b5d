"""What somebody tries who has stolen the token of a process: each try one request to the real API server.

The words are those of the table in docs/explanation/threat-model.md.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from tests.support.security.stolen_access import fails, succeeds
from tools.control_plane.installation import NAMESPACE
from tools.control_plane.resources import (
    ONE_TIME_TOKEN,
    api_credential,
    api_role,
    api_token,
    secret,
    workload_token,
)

if TYPE_CHECKING:
    from tests.support.security.stolen_access import StolenAccess
    from tools.control_plane.replies import Reply

__all__ = ["BOTH", "OPERATORS", "VERIFIERS"]

Json = dict[str, Any]

_KEYRING: Final = {"kind": "Secret", "metadata": {"name": "pharia-access-keyring", "namespace": NAMESPACE}}
_HASH: Final = f"$argon2id$v=19$m=19456,t=2,p=1${'s' * 22}${'h' * 43}"


def _impersonate(access: StolenAccess) -> Reply:
    return access.api.as_user("system:admin").find("ApiToken", access.namespace)


def _sign_in_as(access: StolenAccess) -> Reply:
    path = f"/api/v1/namespaces/{access.namespace}/serviceaccounts/default/token"
    return access.post(path, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})


def _account_token(access: StolenAccess) -> Reply:
    bait = secret(access.namespace, "bait", kind="kubernetes.io/service-account-token")
    bait["metadata"]["annotations"] = {"kubernetes.io/service-account.name": "default"}
    return access.api.create(bait)


def _own_delivery(access: StolenAccess) -> Reply:
    return access.api.create(secret(access.namespace, "planted", kind=ONE_TIME_TOKEN))


def _pod(access: StolenAccess) -> Reply:
    spec = {"containers": [{"name": "a", "image": "a"}]}
    return access.post(f"/api/v1/namespaces/{NAMESPACE}/pods", {"metadata": {"name": "a"}, "spec": spec})


def _role_binding(access: StolenAccess) -> Reply:
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    body = {"kind": "RoleBinding", "metadata": {"name": "a", "namespace": access.namespace}, "roleRef": reference}
    return access.api.create(body, dryRun="All")


def _event(access: StolenAccess) -> Reply:
    metadata = {"name": "a-rumour", "namespace": access.namespace}
    body = {"metadata": metadata, "involvedObject": {"namespace": access.namespace}, "reason": "Issued"}
    return access.post(f"/api/v1/namespaces/{access.namespace}/events", body)


def _mac(access: StolenAccess) -> Reply:
    return access.status(access.issued, mac={"keyID": "k1", "value": base64.b64encode(b"known" * 6).decode()})


def _mint(access: StolenAccess) -> Reply:
    return _mint_under(access, "nobody")


def _mint_under(access: StolenAccess, credential: str) -> Reply:
    identity = {"name": credential, "uid": access.credential["metadata"]["uid"]}
    end = "2199-01-31T00:00:00Z"
    return access.status(
        access.waiting, tokenID="q7c3abcdefghijkl", hash=_HASH, credential=identity, issuedAt=end, expiresAt=end
    )


BOTH: Final = (
    succeeds(
        "read roles, credentials and tokens, with hashes and MACs",
        "its work",
        lambda it: it.api.find("ApiToken", it.namespace),
    ),
    fails("list Secrets", "no such right", lambda it: it.api.find("Secret", it.namespace)),
    fails("read a Secret", "no such right", lambda it: it.api.read(it.foreign)),
    fails("create an ApiToken", "no such right", lambda it: it.api.create(api_token(it.namespace, "mine"))),
    fails(
        "create an ApiCredential",
        "no such right",
        lambda it: it.api.create(api_credential(it.namespace, "mine")),
    ),
    fails("create an ApiRole", "no such right", lambda it: it.api.create(api_role("mine"))),
    fails("create a WorkloadToken", "no such right", lambda it: it.api.create(workload_token(it.namespace, "mine"))),
    fails(
        "give a credential another role",
        "no such right",
        lambda it: it.api.patch(it.credential, {"spec": {"roles": ["admin"]}}),
    ),
    fails("give a role more permissions", "no such right", lambda it: it.api.patch(it.role, {"spec": {}})),
    fails("delete a credential", "no such right", lambda it: it.api.delete(it.credential)),
    fails(
        "put another hash to a token",
        "the schema, or an admission policy",
        lambda it: it.status(it.issued, hash=_HASH),
    ),
    fails("put another MAC to a token", "the schema, or an admission policy", _mac),
    fails(
        "postpone a token's end",
        "the schema, or an admission policy",
        lambda it: it.status(it.issued, expiresAt="2199-01-31T00:00:00Z"),
    ),
    fails(
        "move a token to another credential",
        "the schema, or an admission policy",
        lambda it: it.status(it.issued, credential={"name": "admin", "uid": "another"}),
    ),
    fails("impersonate somebody", "no such right", _impersonate),
    fails("get a token of another ServiceAccount", "no such right", _sign_in_as),
    fails("run a pod in the release's namespace", "no such right", _pod),
    fails("give somebody a right", "no such right", _role_binding),
    fails("read pods", "no such right", lambda it: it.get("pods")),
    fails("read ConfigMaps", "no such right", lambda it: it.get("configmaps")),
)
"""What either of them tries."""

OPERATORS: Final = (
    fails(
        "see somebody's Secret by a patch that cannot be decoded",
        "no such right",
        lambda it: it.api.patch(it.foreign, {"metadata": {"creationTimestamp": "x"}}, dryRun="All"),
    ),
    fails("see somebody's Secret by a deletion as a dry run", "an admission policy", lambda it: it.look(it.foreign)),
    fails("change somebody's Secret", "no such right", lambda it: it.api.patch(it.foreign, {"data": {"a": ""}})),
    fails("replace somebody's Secret", "an admission policy", lambda it: it.api.replace(it.foreign)),
    fails("delete somebody's Secret", "an admission policy", lambda it: it.api.delete(it.foreign)),
    fails(
        "delete all Secrets of a namespace",
        "no such right",
        lambda it: it.api.delete_all("Secret", it.namespace),
    ),
    fails("make a Secret that holds a ServiceAccount's token", "an admission policy", _account_token),
    succeeds(
        "read a one-time Secret while it waits",
        "by its name, with a deletion as a dry run",
        lambda it: it.look(it.delivered),
    ),
    succeeds("read the keyring", "its work; that one Secret, by its name", lambda it: it.api.read(_KEYRING)),
    succeeds(
        "put other keys into the keyring",
        "its work: Argon2id proves good tokens, more slowly, until it is put right",
        lambda it: it.api.replace({**it.api.read(_KEYRING).body, "data": {"current": "eA=="}}, dryRun="All"),
    ),
    fails("delete the keyring", "an admission policy", lambda it: it.api.delete(_KEYRING)),
    succeeds("plant a one-time Secret", "its reader finds a text that proves nothing", _own_delivery),
    succeeds("mint, with a text of its own, a token that waits", "its work; the ApiToken must be there", _mint),
    fails(
        "mint one under another credential than its spec names", "the schema", lambda it: _mint_under(it, "invoice-bot")
    ),
    succeeds(
        "say a wrong phase or condition",
        "its work; the verifier does not look at them",
        lambda it: it.status(it.issued, phase="Expired"),
    ),
    fails(
        "revoke a token, or bring its end forward",
        "an admission policy",
        lambda it: it.api.patch(it.issued, {"spec": {"revoked": True}}),
    ),
    succeeds("write false Events", "its work, everywhere", _event),
    succeeds("delete a token", "its work: it ends the token", lambda it: it.api.delete(it.issued)),
)
"""What the operator's token is tried for besides."""

VERIFIERS: Final = (
    fails("read the keyring", "no such right", lambda it: it.api.read(_KEYRING)),
    fails("see a Secret by a deletion as a dry run", "no such right", lambda it: it.look(it.delivered)),
    fails("mint, with a text of its own, a token that waits", "an admission policy", _mint),
    fails(
        "say a wrong phase or condition",
        "an admission policy",
        lambda it: it.status(it.issued, phase="Expired"),
    ),
    succeeds(
        "write a wrong time of last use or inspection",
        "its work",
        lambda it: it.status(it.issued, lastUsedTime="2026-11-24T00:00:00Z"),
    ),
    fails("write Events", "no such right", _event),
    fails(
        "revoke a token, or bring its end forward",
        "no such right",
        lambda it: it.api.patch(it.issued, {"spec": {"revoked": True}}),
    ),
    fails("delete a token", "no such right", lambda it: it.api.delete(it.issued)),
)
"""What the verifier's token is tried for besides."""
