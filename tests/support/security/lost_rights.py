"""What people would miss without a single right of the operator's or the verifier's: a step of the story for each.

The words are those of the tables in docs/reference/rights.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from tests.support.security.guards import NEEDED_TO_LOOK
from tests.support.security.holder_steps import holder_accepted, holder_noted
from tests.support.security.rights import Right
from tests.support.security.story_steps import (
    Came,
    Checked,
    accepted,
    announced,
    checked_fast,
    disowned,
    found_its_role,
    gone_with_its_credential,
    minted,
    narrowed,
    rotated,
    secrets_looked_after,
    suspended,
    told,
    use_noted,
)
from tests.support.security.workload_steps import kept, kept_anew
from tools.control_plane.installation import NAMESPACE

if TYPE_CHECKING:
    from tools.control_plane.workspace import Workspace

__all__ = ["HOLDERS", "OPERATORS", "ROTATION", "VERIFIERS", "Loss"]
T = TypeVar("T")

_LEASES: Final = "coordination.k8s.io"
_OURS: Final = "access.pharia.ai"
_LEASE: Final = "pharia-access-operator"
_KEYRING: Final = "pharia-access-keyring"
_READ_KEYRING: Final = Right("get", "", "secrets", NAMESPACE, _KEYRING)


@dataclass(frozen=True, slots=True)
class Loss(Generic[T]):
    """One line of the table: what is missed, and a step that fails so. The step can be taken again and again."""

    right: Right
    missed: str
    step: Callable[[T], Came]

    @property
    def at_start(self) -> bool:
        """Whether a process uses it only as it starts: what is under way goes on."""
        of_start = self.right.group == _LEASES or self.right.resource == "customresourcedefinitions"
        return self.right.verb in {"list", "watch"} or of_start or self.right == _READ_KEYRING


def _ours(verb: str, resource: str) -> Right:
    return Right(verb, _OURS, resource)


def neither_secret_replaced(place: Workspace) -> Came:
    """The next text of a WorkloadToken, or the next key."""
    anew, key = kept_anew(place), rotated(place)
    return lambda: anew() or key()


_ROTATE = "`pharia-access keyring rotate`"
_NEVER_READY = "The operator never becomes ready, and no token is minted"
_NO_LEADER = "No operator leads, and no token is minted"
OPERATORS: Final[tuple[Loss[Workspace], ...]] = (
    Loss(_ours("get", "apitokens"), "No token is minted, since each is read live before", minted),
    Loss(_ours("list", "apitokens"), _NEVER_READY, minted),
    Loss(
        _ours("watch", "apitokens"),
        "A new token waits for the next full list, by default a quarter of an hour",
        minted,
    ),
    Loss(
        _ours("patch", "apitokens"),
        "Owner references of versions up to 0.2.0 stay: a backup of such tokens cannot be put back as it is",
        disowned,
    ),
    Loss(
        _ours("delete", "apitokens"),
        "Tokens outlive their credential, as objects",
        gone_with_its_credential,
    ),
    Loss(_ours("get", "apicredentials"), "Credentials never say whether they are ready", told),
    Loss(_ours("list", "apicredentials"), _NEVER_READY, minted),
    Loss(_ours("watch", "apicredentials"), "A new credential says nothing before the next full list", told),
    Loss(_ours("get", "workloadtokens"), "No WorkloadToken gets a token, since each is read live before", kept),
    Loss(_ours("list", "workloadtokens"), _NEVER_READY, kept),
    Loss(_ours("watch", "workloadtokens"), "A new WorkloadToken waits for the next full list", kept),
    Loss(_ours("patch", "workloadtokens/status"), "No WorkloadToken gets a token: its number cannot be kept", kept),
    Loss(_ours("patch", "apitokens/status"), "No token is minted, since its hash cannot be kept", minted),
    Loss(_ours("patch", "apicredentials/status"), "Credentials never say whether they are ready", told),
    Loss(_ours("list", "apiroles"), "Credentials never say whether they are ready", told),
    Loss(
        _ours("watch", "apiroles"), "A credential does not see its new role before the next full list", found_its_role
    ),
    Loss(Right("create", "", "secrets"), "No token is minted: `SecretRefused`", minted),
    Loss(
        Right("delete", "", "secrets"),
        "A revoked token's Secret stays, and nobody is told that a token was collected",
        secrets_looked_after,
    ),
    Loss(_READ_KEYRING, "New tokens get no fast check: Argon2id proves each", checked_fast),
    Loss(
        Right("update", "", "secrets"),
        f"The Secret of a WorkloadToken keeps its token until its end, and {_ROTATE} is refused in the operator's pod",
        neither_secret_replaced,
    ),
    *(
        Loss(Right(verb, group, resource, name=name), f"No token is minted: nobody knows {what}", minted)
        for verb, group, resource, name, what in NEEDED_TO_LOOK
    ),
    Loss(Right("create", "", "events"), "There are no Events", announced),
    Loss(Right("create", _LEASES, "leases", NAMESPACE), f"{_NO_LEADER}, where there is no Lease yet", minted),
    Loss(Right("get", _LEASES, "leases", NAMESPACE, _LEASE), _NO_LEADER, minted),
    Loss(Right("update", _LEASES, "leases", NAMESPACE, _LEASE), _NO_LEADER, minted),
)
_ALL_503 = "The verifier is not ready, and answers 503"
VERIFIERS: Final[tuple[Loss[Checked], ...]] = (
    Loss(_ours("list", "apitokens"), _ALL_503, accepted),
    Loss(_ours("watch", "apitokens"), _ALL_503, accepted),
    Loss(_ours("list", "apicredentials"), _ALL_503, accepted),
    Loss(_ours("watch", "apicredentials"), _ALL_503, suspended),
    Loss(_ours("list", "apiroles"), _ALL_503, accepted),
    Loss(_ours("watch", "apiroles"), _ALL_503, narrowed),
    Loss(_ours("patch", "apitokens/status"), "Nobody is told when a token was last used or inspected", use_noted),
)
_NOT_DELEGATED = "No WorkloadToken gets a token: `NotDelegated`"
ROTATION: Final[tuple[Loss[Workspace], ...]] = (
    Loss(_ours("create", "apitokens"), _NOT_DELEGATED, kept),
    Loss(_ours("create", "apicredentials/token"), _NOT_DELEGATED, kept),
)
"""What a namespace gives by a RoleBinding, or the chart with `rotation.everywhere`."""
_HOLDERS_503 = "Tokens of ServiceAccounts are answered 503"
HOLDERS: Final[tuple[Loss[Checked], ...]] = (
    Loss(Right("get", "", "/.well-known/openid-configuration"), _HOLDERS_503, holder_accepted),
    Loss(Right("get", "", "/openid/v1/jwks"), _HOLDERS_503, holder_accepted),
    Loss(
        _ours("patch", "apicredentials/status"),
        "Nobody is told when a ServiceAccount last used a credential",
        holder_noted,
    ),
    Loss(Right("create", "authentication.k8s.io", "tokenreviews"), _HOLDERS_503, holder_accepted),
)
"""What comes with `serviceAccounts`, and the last one with `serviceAccountsBoundObjects: live`."""
