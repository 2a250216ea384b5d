"""A Secret of a person's own: overwritten only if this command wrote it for the same credential and key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pharia_access.domain.administration.next_steps import NameOtherSecret, NameSecretKey
from pharia_access.domain.administration.own_secret import (
    OwnSecret,
    SecretMark,
    SecretTarget,
    WriteBlocker,
    write_blocker,
)
from pharia_access.domain.administration.secret_workloads import reads_secret
from pharia_access.domain.model import ObjectKey

KEY = ObjectKey("finance", "app")
TARGET = SecretTarget(KEY, "token", "invoice-bot")
OURS = OwnSecret(KEY, "uid", "7", mark=SecretMark("invoice-bot", "ci", "token"))


def test_what_this_command_wrote_for_the_credential_is_overwritten() -> None:
    assert write_blocker(OURS, TARGET) is None


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        (
            replace(OURS, mark=None),
            'A Secret "app" already exists, and this command did not write it: it is not overwritten',
        ),
        (
            replace(OURS, type_="kubernetes.io/tls"),
            'A Secret "app" already exists, and this command did not write it: it is not overwritten',
        ),
        (
            replace(OURS, mark=SecretMark("ci-bot", "ci", "token")),
            "The Secret app holds a token of ci-bot, not of invoice-bot: it is not overwritten",
        ),
        (replace(OURS, deleting=True), "The Secret app is being deleted: it is not overwritten"),
        (replace(OURS, immutable=True), "The Secret app is immutable: it is not overwritten"),
    ],
)
def test_anything_else_is_left_alone(secret: OwnSecret, why: str) -> None:
    assert write_blocker(secret, TARGET) == WriteBlocker(why, (NameOtherSecret(),))


def test_another_key_of_its_data_is_named() -> None:
    secret = replace(OURS, mark=SecretMark("invoice-bot", "ci", "AA_API_TOKEN"))

    blocker = write_blocker(secret, TARGET)

    assert blocker is not None
    assert blocker.why == "The Secret app holds its token under the key AA_API_TOKEN, not token"
    assert blocker.next_steps == (NameSecretKey(KEY, "AA_API_TOKEN"),)


@pytest.mark.parametrize(
    ("pod_spec", "reads"),
    [
        ({"containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "app", "key": "token"}}}]}]}, True),
        ({"containers": [{"envFrom": [{"secretRef": {"name": "app"}}]}]}, True),
        ({"containers": [], "initContainers": [{"envFrom": [{"secretRef": {"name": "app"}}]}]}, True),
        ({"volumes": [{"secret": {"secretName": "app"}}]}, True),
        ({"volumes": [{"projected": {"sources": [{"secret": {"name": "app"}}]}}]}, True),
        ({"volumes": [{"configMap": {"name": "app"}}], "containers": [{"name": "app"}]}, False),
        ({"imagePullSecrets": [{"name": "app"}]}, False),
        ({"containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "other"}}}]}]}, False),
        ({"containers": None, "volumes": "app", "initContainers": ["app"]}, False),
    ],
)
def test_who_reads_a_secret_is_seen_in_the_pod_template(pod_spec: dict[str, object], reads: bool) -> None:  # noqa: FBT001
    assert reads_secret(pod_spec, "app") is reads
