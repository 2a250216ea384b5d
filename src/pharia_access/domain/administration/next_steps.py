"""What somebody can do next, as data. Each face words a step: the command line as a command, a page as a link.

Here: one class a step, with the names that the step is about. Not here: how any face is used.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pharia_access.domain.administration.credential_steps import (
    CreateAccount,
    RaiseMaxTokens,
    ResumeCredential,
    SuspendCredential,
)
from pharia_access.domain.administration.git_change import GitChange
from pharia_access.domain.administration.option_steps import (
    NameFutureEnd,
    NameOtherCredential,
    NameOtherSecret,
    NameReleaseNamespace,
    NameSecretKey,
    NameShorterLife,
)
from pharia_access.domain.administration.workload_steps import (
    AllowRenewal,
    ResumeWorkload,
    RotateWorkload,
    ShowWorkload,
)
from pharia_access.domain.model import ObjectKey

__all__ = [
    "AllowRenewal",
    "AskForRight",
    "ChangeInGit",
    "CollectIfUntaken",
    "CollectToken",
    "CollectUncertain",
    "CreateAccount",
    "CreateToken",
    "DeleteSecret",
    "EndReplaced",
    "EndToken",
    "ListNamespaces",
    "ListRoles",
    "NameFutureEnd",
    "NameOtherCredential",
    "NameOtherSecret",
    "NameReleaseNamespace",
    "NameSecretKey",
    "NameShorterLife",
    "RaiseMaxTokens",
    "RestartRotation",
    "RestartWorkloads",
    "ResumeCredential",
    "ResumeWorkload",
    "RetryShorter",
    "RevokeToken",
    "RotateToken",
    "RotateWorkload",
    "ShowToken",
    "ShowWorkload",
    "Step",
    "SuspendCredential",
]


@dataclass(frozen=True, slots=True)
class CreateToken:
    """Make another token under this credential."""

    credential: ObjectKey


@dataclass(frozen=True, slots=True)
class CollectToken:
    """Collect the secret of this token, before `deadline` where it is known."""

    token: ObjectKey
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class CollectIfUntaken:
    """Collect the secret of this token, unless somebody did."""

    token: ObjectKey


@dataclass(frozen=True, slots=True)
class CollectUncertain:
    """Collect the secret of this token, which may not exist: no answer came to its creation."""

    token: ObjectKey


@dataclass(frozen=True, slots=True)
class DeleteSecret:
    """Delete the one-time Secret of this token; its secret was handed over."""

    secret: ObjectKey
    token: ObjectKey
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class EndToken:
    """End this token, after that time."""

    token: ObjectKey
    after: timedelta


@dataclass(frozen=True, slots=True)
class EndReplaced:
    """End this token, once its replacement is in use."""

    token: ObjectKey
    replacement: ObjectKey
    after: timedelta


@dataclass(frozen=True, slots=True)
class RestartRotation:
    """Delete this replacement, so that its token can be rotated again."""

    replacement: ObjectKey


@dataclass(frozen=True, slots=True)
class RetryShorter:
    """Delete this token, and ask for one with a shorter life."""

    token: ObjectKey


@dataclass(frozen=True, slots=True)
class ShowToken:
    """Look at this token."""

    token: ObjectKey


@dataclass(frozen=True, slots=True)
class RotateToken:
    """Rotate this token: its secret cannot be had again."""

    token: ObjectKey


@dataclass(frozen=True, slots=True)
class RevokeToken:
    """Revoke this token."""

    token: ObjectKey


@dataclass(frozen=True, slots=True)
class RestartWorkloads:
    """Restart the workloads that read this Secret: `deployment/NAME`; not `certain`: there may be more."""

    secret: ObjectKey
    workloads: tuple[str, ...] = ()
    certain: bool = False


@dataclass(frozen=True, slots=True)
class ListRoles:
    """See which roles there are."""


@dataclass(frozen=True, slots=True)
class ListNamespaces:
    """See which namespaces there are."""


@dataclass(frozen=True, slots=True)
class ChangeInGit:
    """Make the change in Git, or insist on it here.

    Attributes:
        change: what to commit.
    """

    change: GitChange | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class AskForRight:
    """Ask for an RBAC right.

    Attributes:
        resources: as RBAC names them, with their group: `apicredentials.access.pharia.ai/token`.
        whom: who can give it.
    """

    verb: str
    resources: tuple[str, ...]
    whom: str = "an administrator"


Step = (
    AllowRenewal
    | AskForRight
    | ChangeInGit
    | CollectIfUntaken
    | CollectToken
    | CollectUncertain
    | CreateAccount
    | CreateToken
    | DeleteSecret
    | EndReplaced
    | EndToken
    | ListNamespaces
    | ListRoles
    | NameFutureEnd
    | NameOtherCredential
    | NameOtherSecret
    | NameReleaseNamespace
    | NameSecretKey
    | NameShorterLife
    | RaiseMaxTokens
    | RestartRotation
    | RestartWorkloads
    | ResumeCredential
    | ResumeWorkload
    | RetryShorter
    | RevokeToken
    | RotateToken
    | RotateWorkload
    | ShowToken
    | ShowWorkload
    | SuspendCredential
)
