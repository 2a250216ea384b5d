"""Next steps in the command line's words: a command that can be copied, or which option to give."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from pharia_access.domain.administration import next_steps as steps
from pharia_access.domain.durations import format_duration
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.times import format_time
from pharia_access.entrypoints.kubectl.escaping import escaped

__all__ = ["WORDS", "in_words"]

Words = Callable[[Any, str], str]


def in_words(next_steps: Iterable[object], options: str) -> list[str]:
    """A line for each step, whatever names are in it. `options`: those that say which cluster and who."""
    return [escaped(WORDS[type(step)](step, options)) for step in next_steps]


def _at(key: ObjectKey, options: str) -> str:
    """The object's name, and the options by which a command is about the same place."""
    return f"{key.name} -n {key.namespace}{options}"


def _until(deadline: datetime | None) -> str:
    return f" (until {format_time(deadline)})" if deadline else ""


def _create_account(step: steps.CreateAccount, options: str) -> str:
    return f"To create it: kubectl create serviceaccount {_at(step.account, options)}"


def _create_token(step: steps.CreateToken, options: str) -> str:
    return f"To create another token: kubectl access token create {_at(step.credential, options)}"


def _collect_token(step: steps.CollectToken, options: str) -> str:
    what = f"the secret of {step.token.name}{_until(step.deadline)}"
    return f"To get {what}: kubectl access token collect {_at(step.token, options)}"


def _collect_if_untaken(step: steps.CollectIfUntaken, options: str) -> str:
    what = f"the secret of {step.token.name}, if nobody has it yet"
    return f"To get {what}: kubectl access token collect {_at(step.token, options)}"


def _collect_uncertain(step: steps.CollectUncertain, options: str) -> str:
    return (
        f"The token {step.token.name} may have been created: no answer came."
        f" To collect it, or learn that there is none: kubectl access token collect {_at(step.token, options)}"
    )


def _delete_secret(step: steps.DeleteSecret, options: str) -> str:
    place = f"-n {step.secret.namespace}{options}"
    return (
        f"You have the secret of {step.token.name}, but its one-time Secret may still exist{_until(step.deadline)}."
        f" To delete it: kubectl delete secret {step.secret.name} --ignore-not-found {place}"
    )


def _expire(token: ObjectKey, step: steps.EndToken | steps.EndReplaced, options: str) -> str:
    place = f"-n {token.namespace}{options}"
    return f"kubectl access token expire {token.name} --in {format_duration(step.after)} {place}"


def _end_token(step: steps.EndToken, options: str) -> str:
    return f"To end {step.token.name}: {_expire(step.token, step, options)}"


def _end_replaced(step: steps.EndReplaced, options: str) -> str:
    return (
        f"The old token {step.token.name} is still valid. To end it once {step.replacement.name} is in use:"
        f" {_expire(step.token, step, options)}"
    )


def _restart_rotation(step: steps.RestartRotation, options: str) -> str:
    return f"To start again, first run: kubectl access token delete {_at(step.replacement, options)}"


def _retry_shorter(step: steps.RetryShorter, options: str) -> str:
    return f"To try again with a shorter --expires, first run: kubectl access token delete {_at(step.token, options)}"


def _show_token(step: steps.ShowToken, options: str) -> str:
    return f"See: kubectl access token get {_at(step.token, options)}"


def _rotate_token(step: steps.RotateToken, options: str) -> str:
    return f"A secret is shown only once. To get a new token: kubectl access token rotate {_at(step.token, options)}"


def _revoke_token(step: steps.RevokeToken, options: str) -> str:
    return f"To revoke the token: kubectl access token revoke {_at(step.token, options)}"


def _resume_credential(step: steps.ResumeCredential, options: str) -> str:
    return f"To resume it: kubectl access credential resume {_at(step.credential, options)}"


def _suspend_credential(step: steps.SuspendCredential, options: str) -> str:
    return f"To stop all its tokens: kubectl access credential suspend {_at(step.credential, options)}"


def _raise_max_tokens(step: steps.RaiseMaxTokens, options: str) -> str:
    name, place = step.credential.name, f"-n {step.credential.namespace}{options}"
    return f"To allow one more: kubectl access credential edit {name} --max-tokens {step.max_tokens} {place}"


def _name_secret_key(step: steps.NameSecretKey, _: str) -> str:
    return f"Give --to-secret {step.secret.name}/{step.entry}, or choose another name."


def _allow_renewal(step: steps.AllowRenewal, options: str) -> str:
    return f"To let the operator make its tokens: kubectl access workload allow {_at(step.workload, options)}"


def _resume_workload(step: steps.ResumeWorkload, options: str) -> str:
    return f"To resume it: kubectl access workload resume {_at(step.workload, options)}"


def _rotate_workload(step: steps.RotateWorkload, options: str) -> str:
    return f"To have a new token made now: kubectl access workload rotate {_at(step.workload, options)}"


def _show_workload(step: steps.ShowWorkload, options: str) -> str:
    return f"See: kubectl access workload get {_at(step.workload, options)}"


def _restart_workloads(step: steps.RestartWorkloads, options: str) -> str:
    place = f"-n {step.secret.namespace}{options}"
    if not step.workloads and step.certain:
        kinds = f"Deployment, StatefulSet or DaemonSet of namespace {step.secret.namespace}"
        return f"No {kinds} reads the Secret {step.secret.name}. Restart what else does."
    if not step.workloads:
        whom = f"the workloads that read the Secret {step.secret.name}"
        return f"To use the new token, restart {whom}: kubectl rollout restart deployment/NAME {place}"
    more = "" if step.certain else " (there may be more: you may not list all workloads)"
    return f"To use the new token{more}: kubectl rollout restart {' '.join(step.workloads)} {place}"


def _ask_for_right(step: steps.AskForRight, _: str) -> str:
    return f"This needs the verb {step.verb} on {', '.join(step.resources)}: ask {step.whom} for it."


def _listing(command: str) -> Words:
    """What there is, of a kind that is in no namespace."""
    return lambda _step, options: f"See: {command}{options}"


def _always(words: str) -> Words:
    return lambda _step, _options: words


WORDS: Final[Mapping[type[object], Words]] = {
    steps.AllowRenewal: _allow_renewal,
    steps.AskForRight: _ask_for_right,
    steps.ChangeInGit: _always("Change it in Git, or run the command again with --force."),
    steps.CollectIfUntaken: _collect_if_untaken,
    steps.CollectToken: _collect_token,
    steps.CollectUncertain: _collect_uncertain,
    steps.CreateAccount: _create_account,
    steps.CreateToken: _create_token,
    steps.DeleteSecret: _delete_secret,
    steps.EndReplaced: _end_replaced,
    steps.EndToken: _end_token,
    steps.ListNamespaces: _listing("kubectl get namespaces"),
    steps.ListRoles: _listing("kubectl access role list"),
    steps.NameFutureEnd: _always("Give --expires a time in the future, or a duration such as 90d."),
    steps.NameOtherCredential: _always("Use another credential."),
    steps.NameOtherSecret: _always("Choose another name."),
    steps.NameReleaseNamespace: _always("Give the release's namespace with --release-namespace."),
    steps.NameSecretKey: _name_secret_key,
    steps.NameShorterLife: _always("Give a shorter lifetime with --expires."),
    steps.RaiseMaxTokens: _raise_max_tokens,
    steps.RestartRotation: _restart_rotation,
    steps.RestartWorkloads: _restart_workloads,
    steps.ResumeCredential: _resume_credential,
    steps.ResumeWorkload: _resume_workload,
    steps.RetryShorter: _retry_shorter,
    steps.RevokeToken: _revoke_token,
    steps.RotateToken: _rotate_token,
    steps.RotateWorkload: _rotate_workload,
    steps.ShowToken: _show_token,
    steps.ShowWorkload: _show_workload,
    steps.SuspendCredential: _suspend_credential,
}
"""How each step is worded; a test holds that none is missing."""
