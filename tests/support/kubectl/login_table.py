"""The table of kubeconfigs: what decides who asks, one thing a row; and rows that put these things together."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from tests.support.kubectl.login_arrangements import CERTIFICATE
from tests.support.kubectl.login_kuberc import PREFERENCES
from tests.support.kubectl.login_places import CLUSTERS, FILES, IN_PODS
from tests.support.kubectl.login_rows import Row, exec_user
from tests.support.kubectl.login_users import IMPERSONATION, PLUGINS, USERS

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ROWS", "WORKS", "combinations"]

Json = dict[str, Any]

WORKS = frozenset(
    {
        "a client certificate",
        "certificates in files beside it",
        "a link to it, with certificates beside the link",
        "a token",
        "a token's file",
        "a token's file with a line end",
        "a certificate and a token",
        "as somebody with rights",
        "as somebody in groups",
        "as somebody with a UID",
        "as somebody with more",
        "as by an option",
        "a plugin",
        "a plugin that gives certificates",
        "a plugin of v1beta1",
        "a plugin with arguments and variables",
        "a plugin on PATH",
        "a plugin beside the kubeconfig",
        "a plugin one folder up",
        "a plugin that needs the cluster",
        "a plugin and a token",
        "a slash after the server",
        "any certificate",
        "another name in the certificate",
        "a proxy",
        "a proxy of TLS",
        "a proxy of SOCKS",
        "a proxy by HTTPS_PROXY",
        "a proxy of SOCKS by HTTPS_PROXY",
        "a proxy that 127.0.0.1 does not take",
        "an empty file first",
        "a file that is missing first",
        "two files with half each",
        "the first of two users",
        "a namespace",
        "an unknown field",
        "JSON",
        "line ends of Windows",
        "the one at home",
        "no home, and KUBECONFIG",
        "by an option",
        *(row.name for row in PREFERENCES if "insecure" not in row.name),
        "a pod",
        "a pod, POD_NAMESPACE",
        "a pod with a kubeconfig",
    }
)
"""Rows in which the tokens are listed, so that two programs that both fail are not taken for two that agree."""
ROWS = (*USERS, *IMPERSONATION, *PLUGINS, *CLUSTERS, *FILES, *PREFERENCES, *IN_PODS)


def combinations(seed: int, count: int) -> Iterator[Row]:
    """Rows that put together what the table has one by one, by that seed."""
    chosen = random.Random(seed)  # noqa: S311 - no secret
    token = {"token": "{token}"}
    ways: list[Json] = [token, CERTIFICATE, exec_user("good"), exec_user("fails"), {"token": "wrong"}, {}]
    jane: Json = {"as": "jane", "as-groups": ["readers"]}
    impersonated: list[Json] = [{}, jane, {"as": "jane", "as-uid": "1"}, {"as-groups": ["a"]}]
    proxies: list[Json] = [{}, {"proxy-url": "{http}"}, {"proxy-url": "{socks5}"}, {"proxy-url": "http://127.0.0.1:1"}]
    any_server: Json = {"certificate-authority-data": "", "insecure-skip-tls-verify": True}
    trusts: list[Json] = [{}, any_server, {"tls-server-name": "localhost"}]
    contexts: list[Json] = [{}, {"namespace": "logins"}, {"namespace": "other"}]
    options = [(), ("--as=joe",), ("--as-group=readers",), ("--context=x",), ("--namespace=third",)]
    for number in range(count):
        yield Row(
            f"{seed}-{number}",
            {**chosen.choice(ways), **chosen.choice(impersonated)},
            {**chosen.choice(proxies), **chosen.choice(trusts)},
            chosen.choice(contexts),
            chosen.choice(options),
        )
