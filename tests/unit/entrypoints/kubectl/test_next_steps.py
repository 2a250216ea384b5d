"""Next steps in the command line's words: each has some, and the commands can be copied."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest

from pharia_access.domain.administration import next_steps as steps
from pharia_access.domain.administration.next_steps import Step
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.kubectl.next_steps import WORDS, in_words
from tests.support.builders.domain_objects import NOW

TOKEN, NEW = ObjectKey("finance", "ci"), ObjectKey("finance", "ci-a1b2c")
CREDENTIAL = ObjectKey("finance", "invoice-bot")
SECRET = WORKLOAD = ObjectKey("finance", "app")
HERE = "-n finance --context prod"

SENTENCES = [
    (
        steps.CreateAccount(ObjectKey("finance", "app")),
        f"To create it: kubectl create serviceaccount app {HERE}",
    ),
    (steps.CreateToken(CREDENTIAL), f"To create another token: kubectl access token create invoice-bot {HERE}"),
    (steps.CollectToken(TOKEN), f"To get the secret of ci: kubectl access token collect ci {HERE}"),
    (
        steps.CollectToken(TOKEN, NOW),
        f"To get the secret of ci (until 2026-11-23T12:00:00Z): kubectl access token collect ci {HERE}",
    ),
    (
        steps.CollectIfUntaken(NEW),
        f"To get the secret of ci-a1b2c, if nobody has it yet: kubectl access token collect ci-a1b2c {HERE}",
    ),
    (
        steps.CollectUncertain(TOKEN),
        (
            "The token ci may have been created: no answer came. To collect it, or learn that there is none:"
            f" kubectl access token collect ci {HERE}"
        ),
    ),
    (
        steps.DeleteSecret(ObjectKey("finance", "ci-token"), TOKEN, NOW),
        (
            "You have the secret of ci, but its one-time Secret may still exist (until 2026-11-23T12:00:00Z)."
            f" To delete it: kubectl delete secret ci-token --ignore-not-found {HERE}"
        ),
    ),
    (steps.EndToken(TOKEN, timedelta(hours=24)), f"To end ci: kubectl access token expire ci --in 24h {HERE}"),
    (
        steps.EndReplaced(TOKEN, NEW, timedelta(hours=2)),
        (
            "The old token ci is still valid. To end it once ci-a1b2c is in use:"
            f" kubectl access token expire ci --in 2h {HERE}"
        ),
    ),
    (steps.RestartRotation(NEW), f"To start again, first run: kubectl access token delete ci-a1b2c {HERE}"),
    (
        steps.RetryShorter(TOKEN),
        f"To try again with a shorter --expires, first run: kubectl access token delete ci {HERE}",
    ),
    (steps.NameOtherSecret(), "Choose another name."),
    (steps.NameSecretKey(SECRET, "KEY"), "Give --to-secret app/KEY, or choose another name."),
    (
        steps.RestartWorkloads(SECRET, ("deployment/a", "statefulset/b"), certain=True),
        f"To use the new token: kubectl rollout restart deployment/a statefulset/b {HERE}",
    ),
    (
        steps.RestartWorkloads(SECRET, ("deployment/a",)),
        (
            "To use the new token (there may be more: you may not list all workloads):"
            f" kubectl rollout restart deployment/a {HERE}"
        ),
    ),
    (
        steps.RestartWorkloads(SECRET),
        (
            "To use the new token, restart the workloads that read the Secret app:"
            f" kubectl rollout restart deployment/NAME {HERE}"
        ),
    ),
    (
        steps.RestartWorkloads(SECRET, certain=True),
        "No Deployment, StatefulSet or DaemonSet of namespace finance reads the Secret app. Restart what else does.",
    ),
    (steps.ShowToken(TOKEN), f"See: kubectl access token get ci {HERE}"),
    (
        steps.RotateToken(TOKEN),
        f"A secret is shown only once. To get a new token: kubectl access token rotate ci {HERE}",
    ),
    (steps.RevokeToken(TOKEN), f"To revoke the token: kubectl access token revoke ci {HERE}"),
    (steps.NameFutureEnd(), "Give --expires a time in the future, or a duration such as 90d."),
    (steps.NameShorterLife(), "Give a shorter lifetime with --expires."),
    (steps.NameOtherCredential(), "Use another credential."),
    (steps.NameReleaseNamespace(), "Give the release's namespace with --release-namespace."),
    (steps.ResumeCredential(CREDENTIAL), f"To resume it: kubectl access credential resume invoice-bot {HERE}"),
    (
        steps.SuspendCredential(CREDENTIAL),
        f"To stop all its tokens: kubectl access credential suspend invoice-bot {HERE}",
    ),
    (
        steps.RaiseMaxTokens(CREDENTIAL, 2),
        f"To allow one more: kubectl access credential edit invoice-bot --max-tokens 2 {HERE}",
    ),
    (
        steps.AllowRenewal(WORKLOAD),
        f"To let the operator make its tokens: kubectl access workload allow app {HERE}",
    ),
    (steps.ResumeWorkload(WORKLOAD), f"To resume it: kubectl access workload resume app {HERE}"),
    (steps.RotateWorkload(WORKLOAD), f"To have a new token made now: kubectl access workload rotate app {HERE}"),
    (steps.ShowWorkload(WORKLOAD), f"See: kubectl access workload get app {HERE}"),
    (steps.ListRoles(), "See: kubectl access role list --context prod"),
    (steps.ListNamespaces(), "See: kubectl get namespaces --context prod"),
    (steps.ChangeInGit(), "Change it in Git, or run the command again with --force."),
    (
        steps.AskForRight("bind", ("apiroles.access.pharia.ai/a", "apiroles.access.pharia.ai/b"), "an administrator"),
        (
            "This needs the verb bind on apiroles.access.pharia.ai/a, apiroles.access.pharia.ai/b: ask an administrator"
            " for it."
        ),
    ),
]


@pytest.mark.parametrize(("step", "sentence"), SENTENCES, ids=lambda value: type(value).__name__)
def test_a_step_is_a_line(step: Step, sentence: str) -> None:
    assert in_words([step], " --context prod") == [sentence]


def test_no_step_is_without_words_or_untried() -> None:
    kinds = set(get_args(Step))

    assert set(WORDS) == kinds
    assert {type(step) for step, _ in SENTENCES} == kinds


def test_a_name_of_two_lines_is_one_line() -> None:
    assert in_words([steps.ShowToken(ObjectKey("finance", "a\nError: b"))], "") == [
        r"See: kubectl access token get a\nError: b -n finance"
    ]
