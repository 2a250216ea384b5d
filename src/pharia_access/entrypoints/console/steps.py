"""Next steps as a page says them: a link where there is a screen for it, else a sentence."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pharia_access.domain.administration import next_steps as steps
from pharia_access.entrypoints.console import addresses

__all__ = ["WORDS", "StepLink", "in_words"]


@dataclass(frozen=True, slots=True)
class StepLink:
    """What can be done next; `href` is empty where no screen does it."""

    text: str
    href: str = ""


Words = Callable[[Any], StepLink]


def in_words(next_steps: Iterable[object]) -> list[StepLink]:
    """One for each step."""
    return [WORDS[type(step)](step) for step in next_steps]


def _always(text: str) -> Words:
    return lambda _step: StepLink(text)


def _ask_for_right(step: steps.AskForRight) -> StepLink:
    return StepLink(f"This needs the verb {step.verb} on {', '.join(step.resources)}: ask {step.whom} for it.")


def _collect(step: steps.CollectToken | steps.CollectIfUntaken | steps.CollectUncertain) -> StepLink:
    return StepLink(f"Get the secret of {step.token.name}", addresses.token(step.token))


def _create_account(step: steps.CreateAccount) -> StepLink:
    command = f"kubectl create serviceaccount {step.account.name} -n {step.account.namespace}"
    return StepLink(f"To create it, in a terminal: {command}")


def _create_token(step: steps.CreateToken) -> StepLink:
    return StepLink(f"Create new token for {step.credential.name}", addresses.new_token(step.credential))


def _delete_secret(step: steps.DeleteSecret) -> StepLink:
    text = f"You have the secret of {step.token.name}, but its one-time Secret {step.secret.name} may still exist"
    return StepLink(text, addresses.token(step.token))


def _end(step: steps.EndToken) -> StepLink:
    return StepLink(f"End {step.token.name} earlier", addresses.token(step.token, "end"))


def _end_replaced(step: steps.EndReplaced) -> StepLink:
    text = f"The old token {step.token.name} is still valid: end it once {step.replacement.name} is in use"
    return StepLink(text, addresses.token(step.token, "end"))


def _restart_rotation(step: steps.RestartRotation) -> StepLink:
    return StepLink(f"To start again, delete {step.replacement.name}", addresses.token(step.replacement, "delete"))


def _retry_shorter(step: steps.RetryShorter) -> StepLink:
    text = f"To try again with a shorter life, delete {step.token.name}"
    return StepLink(text, addresses.token(step.token, "delete"))


def _show_token(step: steps.ShowToken) -> StepLink:
    return StepLink(f"Look at {step.token.name}", addresses.token(step.token))


def _rotate_token(step: steps.RotateToken) -> StepLink:
    return StepLink(f"Rotate {step.token.name}: a secret is shown only once", addresses.token(step.token, "rotate"))


def _revoke_token(step: steps.RevokeToken) -> StepLink:
    return StepLink(f"Revoke {step.token.name}", addresses.token(step.token, "revoke"))


def _resume(step: steps.ResumeCredential) -> StepLink:
    return StepLink(f"Resume {step.credential.name}", addresses.credential(step.credential, "resume"))


def _allow_renewal(step: steps.AllowRenewal) -> StepLink:
    command = f"kubectl access workload allow {step.workload.name} -n {step.workload.namespace}"
    return StepLink(f"Let the operator make its tokens, in a terminal: {command}")


def _resume_workload(step: steps.ResumeWorkload) -> StepLink:
    return StepLink(f"Resume {step.workload.name}", addresses.workload(step.workload, "resume"))


def _rotate_workload(step: steps.RotateWorkload) -> StepLink:
    return StepLink(f"Rotate {step.workload.name}", addresses.workload(step.workload, "rotate"))


def _show_workload(step: steps.ShowWorkload) -> StepLink:
    return StepLink(f"Look at {step.workload.name}", addresses.workload(step.workload))


def _suspend(step: steps.SuspendCredential) -> StepLink:
    return StepLink(f"Suspend {step.credential.name} instead", addresses.credential(step.credential, "suspend"))


def _raise_max_tokens(step: steps.RaiseMaxTokens) -> StepLink:
    text = f"Delete a token, or raise the limit of {step.credential.name} to {step.max_tokens} in a terminal"
    return StepLink(text, addresses.credential(step.credential))


def _name_key(step: steps.NameSecretKey) -> StepLink:
    return StepLink(f"Choose the key {step.entry}, or another Secret.")


def _restart_workloads(step: steps.RestartWorkloads) -> StepLink:
    if step.workloads:
        more = "" if step.certain else " There may be more: you may not list all workloads."
        return StepLink(f"To use the new token, restart {', '.join(step.workloads)}.{more}")
    if step.certain:
        kinds = f"No Deployment, StatefulSet or DaemonSet of namespace {step.secret.namespace}"
        return StepLink(f"{kinds} reads the Secret {step.secret.name}. Restart what else does.")
    return StepLink(f"To use the new token, restart the workloads that read the Secret {step.secret.name}.")


WORDS: Final[Mapping[type[object], Words]] = {
    steps.AllowRenewal: _allow_renewal,
    steps.AskForRight: _ask_for_right,
    steps.ChangeInGit: _always("Change it in Git."),
    steps.CollectIfUntaken: _collect,
    steps.CollectToken: _collect,
    steps.CollectUncertain: _collect,
    steps.CreateAccount: _create_account,
    steps.CreateToken: _create_token,
    steps.DeleteSecret: _delete_secret,
    steps.EndReplaced: _end_replaced,
    steps.EndToken: _end,
    steps.ListNamespaces: _always("Choose another namespace."),
    steps.ListRoles: _always("Choose other roles."),
    steps.NameFutureEnd: _always("Choose an end in the future."),
    steps.NameOtherCredential: _always("Use another credential."),
    steps.NameOtherSecret: _always("Choose another name."),
    steps.NameReleaseNamespace: _always("Name the release's namespace."),
    steps.NameSecretKey: _name_key,
    steps.NameShorterLife: _always("Choose a shorter life."),
    steps.RaiseMaxTokens: _raise_max_tokens,
    steps.RestartRotation: _restart_rotation,
    steps.RestartWorkloads: _restart_workloads,
    steps.ResumeCredential: _resume,
    steps.ResumeWorkload: _resume_workload,
    steps.RetryShorter: _retry_shorter,
    steps.RevokeToken: _revoke_token,
    steps.RotateToken: _rotate_token,
    steps.RotateWorkload: _rotate_workload,
    steps.ShowToken: _show_token,
    steps.ShowWorkload: _show_workload,
    steps.SuspendCredential: _suspend,
}
"""How each step is worded; a test holds that none is missing."""
