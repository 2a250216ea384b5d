"""The table of kubeconfigs: what decides who asks, one thing a row."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

from tests.support.login_rows import Row, exec_user, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["ROWS", "WORKS", "combinations"]

Json = dict[str, Any]
Facts = Mapping[str, str]

CERTIFICATE = {"client-certificate-data": "{cert_data}", "client-key-data": "{key_data}"}
BY_NAME = "https://kubernetes.default.svc:{port}"
"""Go never takes a proxy to 127.0.0.1; this name is in the certificate, and only the proxies know where it is."""


def token_file(name: str, text: str, **more: Any) -> Row:  # noqa: ANN401 - fields of a row
    def arrange(_config: Json, home: Path, facts: Facts) -> None:
        write(home / "token", text.replace("{token}", facts["token"]))

    return Row(name, {"tokenFile": "token"}, arrange=arrange, **more)


def text(name: str, change: Callable[[str], str]) -> Row:
    def arrange(config: Json, home: Path, _facts: Facts) -> Mapping[str, str]:
        return {"KUBECONFIG": write(home / "config", change(yaml.safe_dump(config)))}

    return Row(name, arrange=arrange)


def files(name: str, *parts: Callable[[Json], object], **more: Any) -> Row:  # noqa: ANN401 - the same
    """A KUBECONFIG of several files; None stands for one that is not there."""

    def arrange(config: Json, home: Path, _facts: Facts) -> Mapping[str, str]:
        paths = []
        for number, part in enumerate(parts):
            content = part(config)
            paths.append(str(home / f"config-{number}"))
            if content is not None:
                write(home / f"config-{number}", content if isinstance(content, str) else yaml.safe_dump(content))
        return {"KUBECONFIG": ":".join(paths)}

    return Row(name, arrange=arrange, **more)


def whole(config: Json) -> object:
    return config


def only(*kinds: str) -> Callable[[Json], object]:
    return lambda config: {kind: config[kind] for kind in kinds}


def other(config: Json) -> object:
    """The same names, with another user."""
    return {**config, "users": [{"name": "u", "user": {"token": "another"}}]}


def relative_certificates(config: Json, home: Path, facts: Facts) -> None:
    for name, fact in (("a.crt", "cert"), ("a.key", "key"), ("ca.crt", "ca")):
        (home / "pki").mkdir(exist_ok=True)
        (home / "pki" / name).symlink_to(facts[fact])


def linked(config: Json, home: Path, facts: Facts) -> Mapping[str, str]:
    """A link to a kubeconfig elsewhere; what is relative is so to the link."""
    relative_certificates(config, home, facts)
    (home / "config").symlink_to(write(home / "elsewhere" / "config", yaml.safe_dump(config)))
    return {"KUBECONFIG": str(home / "config")}


def at_home(config: Json, home: Path, _facts: Facts) -> Mapping[str, str]:
    write(home / ".kube" / "config", yaml.safe_dump(config))
    return {}


def folder(_config: Json, home: Path, _facts: Facts) -> Mapping[str, str]:
    return {"KUBECONFIG": str(home)}


def nothing(_config: Json, _home: Path, _facts: Facts) -> Mapping[str, str]:
    return {}


def beside(_config: Json, home: Path, facts: Facts) -> None:
    (home / "bin").mkdir()
    (home / "bin" / "good").symlink_to(f"{facts['plugins']}/good")


def above(config: Json, home: Path, facts: Facts) -> Mapping[str, str]:
    (home / "good").symlink_to(f"{facts['plugins']}/good")
    return {"KUBECONFIG": write(home / "kube" / "config", yaml.safe_dump(config))}


def forbidden(_config: Json, home: Path, _facts: Facts) -> None:
    policy = {"apiVersion": "kubectl.config.k8s.io/v1beta1", "kind": "Preference", "credentialPluginPolicy": "DenyAll"}
    write(home / ".kube" / "kuberc", yaml.safe_dump(policy))


def named(config: Json, home: Path, _facts: Facts) -> Mapping[str, str]:
    write(home / "named", yaml.safe_dump(config))
    return {"KUBECONFIG": "/no"}


def empty(_config: Json, home: Path, _facts: Facts) -> Mapping[str, str]:
    return {"KUBECONFIG": write(home / "config", "")}


RELATIVE = {"client-certificate": "pki/a.crt", "client-key": "pki/a.key"}
RELATIVE_CA = {"certificate-authority-data": "", "certificate-authority": "pki/ca.crt"}

USERS = (
    Row("a client certificate", CERTIFICATE),
    Row("certificates in files beside it", RELATIVE, RELATIVE_CA, arrange=relative_certificates),
    Row("a link to it, with certificates beside the link", RELATIVE, RELATIVE_CA, arrange=linked),
    Row("a certificate without its key", {"client-certificate-data": "{cert_data}"}),
    Row("a certificate as its key", {"client-certificate-data": "{cert_data}", "client-key-data": "{cert_data}"}),
    Row("a certificate that is none", {"client-certificate-data": "bm9uZQ==", "client-key-data": "bm9uZQ=="}),
    Row("a certificate's file that is missing", {"client-certificate": "/no.crt", "client-key": "/no.key"}),
    Row("a token"),
    Row("a token that is wrong", {"token": "wrong"}),
    Row("a token of blanks", {"token": " "}),
    Row("a token, and a file that is missing", {"token": "{token}", "tokenFile": "/no"}),
    token_file("a token's file", "{token}"),
    token_file("a token's file with a line end", "{token}\n"),
    token_file("a token's file with a line end of Windows", "{token}\r\n"),
    token_file("a token's file with blanks around it", "\n  {token}  \n\n"),
    token_file("an empty token's file", ""),
    token_file("a token's file of line ends", "\n\n"),
    Row("a token's file that is missing", {"tokenFile": "/no"}),
    Row("a certificate and a token", {**CERTIFICATE, "token": "{token}"}),
    Row("a name and a password", {"username": "anna", "password": "x"}),
    Row("a name without a password", {"username": "anna"}),
    Row("a password without a name", {"password": "x"}),
    Row("a token, a name and a password", {"token": "{token}", "username": "anna", "password": "x"}),
    Row("a user without anything", {}),
    Row("a user that is missing", None),
    Row("no user", context={"user": ""}),
    Row("a provider of logins that is gone", {"auth-provider": {"name": "gcp"}}),
    Row("a provider of logins", {"auth-provider": {"name": "oidc", "config": {"id-token": "{token}"}}}),
)
IMPERSONATION = (
    Row("as somebody", {"token": "{token}", "as": "jane"}),
    Row("as somebody with rights", {"token": "{token}", "as": "system:serviceaccount:logins:reader"}),
    Row("as somebody, by a certificate", {**CERTIFICATE, "as": "jane"}),
    Row("as somebody in groups", {"token": "{token}", "as": "jane", "as-groups": ["staff", "readers"]}),
    Row("as somebody with a UID", {"token": "{token}", "as": "jane", "as-uid": "17", "as-groups": ["readers"]}),
    Row(
        "as somebody with more",
        {"token": "{token}", "as": "jane", "as-groups": ["readers"], "as-user-extra": {"a/B c": ["1", "2 3"]}},
    ),
    Row("as a group alone", {"token": "{token}", "as-groups": ["readers"]}),
    Row("as a UID alone", {"token": "{token}", "as-uid": "17"}),
    Row("as the anonymous one", {"token": "{token}", "as": "system:anonymous"}),
    Row("as nobody by name", {"token": "{token}", "as": ""}),
    Row("as somebody, without a login", {"as": "jane"}),
    Row("as somebody, who may not impersonate", {"token": "{reader}", "as": "jane"}),
    Row("as by an option", options=("--as=jane", "--as-group=readers", "--as-group=staff")),
    Row("as by an option, over the kubeconfig's", {"token": "{token}", "as": "jane"}, options=("--as=joe",)),
    Row(
        "groups by an option, over the kubeconfig's",
        {"token": "{token}", "as": "jane", "as-groups": ["staff"]},
        options=("--as-group=readers",),
    ),
    Row("a group by an option alone", options=("--as-group=readers",)),
    Row("as, misspelt", {"token": "{token}", "impersonate": "jane"}),
)
PLUGINS = (
    Row("a plugin", exec_user("good")),
    Row("a plugin that gives certificates", exec_user("certificates")),
    Row("a plugin that gives a token and certificates", exec_user("both")),
    Row("a plugin of v1beta1", exec_user("beta", apiVersion="client.authentication.k8s.io/v1beta1")),
    Row("a plugin of v1alpha1", exec_user("good", apiVersion="client.authentication.k8s.io/v1alpha1")),
    Row("a plugin without a version", exec_user("good", apiVersion=None)),
    Row("a plugin that answers another version", exec_user("beta")),
    Row("a plugin with arguments and variables", exec_user("exact", args=["a b"], env=[{"name": "C", "value": "d"}])),
    Row("a plugin with null for arguments", exec_user("good", args=None, env=None)),
    Row("a plugin on PATH", exec_user("", command="login-plugin"), environment={"PATH": "{plugins}:{path}"}),
    Row("a plugin that is nowhere", exec_user("", command="login-plugin", installHint="get it")),
    Row("a plugin beside the kubeconfig", exec_user("", command="./bin/good"), arrange=beside),
    Row("a plugin one folder up", exec_user("", command="../good"), arrange=above),
    Row("a plugin that fails", exec_user("fails")),
    Row("a plugin that is killed", exec_user("killed")),
    Row("a plugin that gives no JSON", exec_user("garbage")),
    Row("a plugin that gives nothing", exec_user("empty")),
    Row("a plugin that gives no token", exec_user("tokenless")),
    Row("a plugin that gives a token of blanks", exec_user("blank")),
    Row("a plugin that gives a wrong token", exec_user("wrong")),
    Row("a plugin that gives megabytes", exec_user("megabytes")),
    Row("a plugin that writes megabytes of words", exec_user("talks")),
    Row("a plugin that is no program", exec_user("", command="/etc/passwd")),
    Row("a plugin whose token has ended already", exec_user("ended")),
    Row("a plugin that always wants a terminal", exec_user("good", interactiveMode="Always")),
    Row("a plugin that never wants a terminal", exec_user("good", interactiveMode="Never")),
    Row("a plugin without a mode", exec_user("good", interactiveMode=None)),
    Row("a plugin with an unknown mode", exec_user("good", interactiveMode="Sometimes")),
    Row("a plugin that needs the cluster", exec_user("cluster", provideClusterInfo=True)),
    Row("a plugin that needs the cluster in vain", exec_user("cluster")),
    Row("a plugin and a token", {**exec_user("fails"), "token": "{token}"}),
    Row("a plugin and a certificate", {**exec_user("fails"), **CERTIFICATE}),
    Row("a plugin, as somebody", {**exec_user("good"), "as": "jane"}),
    Row("a plugin that a policy forbids", exec_user("good"), arrange=forbidden),
)
CLUSTERS = (
    Row("no server", cluster={"server": ""}),
    Row("a slash after the server", cluster={"server": "{server}/"}),
    Row("a path after the server", cluster={"server": "{server}/k8s/clusters/c"}),
    Row("a server that is down", cluster={"server": "https://127.0.0.1:1"}),
    Row("a server that nobody knows", cluster={"server": "https://nowhere.invalid"}),
    Row("a server without a scheme", cluster={"server": "127.0.0.1:{port}"}),
    Row("a server of plain HTTP", cluster={"server": "http://127.0.0.1:{port}"}),
    Row("plain HTTP, without a login", {}, {"server": "http://127.0.0.1:{port}"}),
    Row("no authority", cluster={"certificate-authority-data": ""}),
    Row("another authority", cluster={"certificate-authority-data": "{cert_data}"}),
    Row("an authority that is none", cluster={"certificate-authority-data": "bm9uZQ=="}),
    Row("an authority whose file is missing", cluster={**RELATIVE_CA, "certificate-authority": "/no"}),
    Row("any certificate", cluster={"certificate-authority-data": "", "insecure-skip-tls-verify": True}),
    Row("any certificate and an authority", cluster={"insecure-skip-tls-verify": True}),
    Row("another name in the certificate", cluster={"tls-server-name": "localhost"}),
    Row("a name that is not in the certificate", cluster={"tls-server-name": "example.com"}),
    Row("no compression", cluster={"disable-compression": True}),
    Row("a proxy", cluster={"proxy-url": "{http}"}),
    Row("a proxy of TLS", cluster={"proxy-url": "{https}"}),
    Row("a proxy of SOCKS", cluster={"proxy-url": "{socks5}"}),
    Row("a proxy that is down", cluster={"proxy-url": "http://127.0.0.1:1"}),
    Row("a proxy of SOCKS that is down", cluster={"proxy-url": "socks5://127.0.0.1:1"}),
    Row("a proxy of another kind", cluster={"proxy-url": "ftp://127.0.0.1:1"}),
    Row("a proxy by HTTPS_PROXY", cluster={"server": BY_NAME}, environment={"HTTPS_PROXY": "{http}"}),
    Row("a proxy by https_proxy", cluster={"server": BY_NAME}, environment={"https_proxy": "{http}"}),
    Row("a proxy of SOCKS by HTTPS_PROXY", cluster={"server": BY_NAME}, environment={"HTTPS_PROXY": "{socks5}"}),
    Row("no proxy by ALL_PROXY", cluster={"server": BY_NAME}, environment={"ALL_PROXY": "{http}"}),
    Row(
        "a proxy that NO_PROXY excepts",
        cluster={"server": BY_NAME},
        environment={"HTTPS_PROXY": "{http}", "NO_PROXY": ".svc"},
    ),
    Row("a proxy that 127.0.0.1 does not take", environment={"HTTPS_PROXY": "http://127.0.0.1:1"}),
    Row(
        "its own proxy before HTTPS_PROXY",
        cluster={"server": BY_NAME, "proxy-url": "{socks5}"},
        environment={"HTTPS_PROXY": "{http}"},
    ),
)
FILES = (
    files("an empty file first", lambda _: "", whole),
    files("a file that is missing first", lambda _: None, whole),
    files("two files with half each", only("clusters", "contexts"), only("users", "current-context")),
    files("the first of two users", whole, other),
    files("the first of two users, the wrong one", other, whole),
    files("a broken file first", lambda _: "{", whole),
    files("no file at all", lambda _: None),
    files("an empty file", lambda _: ""),
    files("a file of null", lambda _: "null"),
    files("a list", lambda _: "[]"),
    files("another kind", lambda config: {**config, "kind": "Pod"}),
    files("another version", lambda config: {**config, "apiVersion": "v2"}),
    files("no kind and no version", only("clusters", "contexts", "users", "current-context")),
    files("no current context", only("clusters", "contexts", "users")),
    files("no current context, one by an option", only("clusters", "contexts", "users"), options=("--context=x",)),
    files("a current context that is missing", lambda config: {**config, "current-context": "y"}),
    Row("a context by an option that is missing", options=("--context=y",)),
    Row("a cluster that is missing", context={"cluster": "d"}),
    Row("a namespace", context={"namespace": "logins"}),
    Row("a namespace by an option", context={"namespace": "logins"}, options=("--namespace=other",)),
    Row("an unknown field", context={"surprise": "x"}, cluster={"surprise": {"a": 1}}),
    text("JSON", lambda written: json.dumps(yaml.safe_load(written))),
    text("line ends of Windows", lambda written: written.replace("\n", "\r\n")),
    text("a byte order mark", lambda written: "\ufeff" + written),
    text("a key twice", lambda written: written + "current-context: y\n"),
    text("a key twice, the good one last", lambda written: "current-context: y\n" + written),
    text("another case of a key", lambda written: written.replace("current-context", "Current-Context")),
    text("a user by a number", lambda written: written.replace("name: u", "name: 1").replace("user: u", "user: 1")),
    text(
        "a user by a word for no", lambda written: written.replace("name: u", "name: n").replace("user: u", "user: n")
    ),
    text("a second document", lambda written: written + "---\nkind: Config\n"),
    text("a tab", lambda written: "\t" + written),
    Row("the one at home", arrange=at_home),
    Row("a folder", arrange=folder),
    Row("no home, and KUBECONFIG", environment={"HOME": "unset"}),
    Row("no home, and nothing", arrange=nothing, environment={"HOME": "unset"}),
    Row("nothing", arrange=nothing),
    Row("by an option", arrange=named, options=("--kubeconfig={home}/named",)),
    Row("by an option, missing", options=("--kubeconfig=/no",)),
)
IN_PODS = (
    Row("a pod", arrange=nothing, in_pod=True),
    Row("a pod, POD_NAMESPACE", arrange=nothing, environment={"POD_NAMESPACE": "other"}, in_pod=True),
    Row("a pod, a namespace by an option", arrange=nothing, options=("--namespace=other",), in_pod=True),
    Row("a pod with a kubeconfig", {"token": "{token}"}, in_pod=True),
    Row("a pod with a kubeconfig and its namespace", context={"namespace": "other"}, in_pod=True),
    Row("a pod with an empty kubeconfig", arrange=empty, in_pod=True),
    Row("a pod without its variables", arrange=nothing, environment={"KUBERNETES_SERVICE_HOST": ""}, in_pod=True),
    Row("a pod, as somebody", arrange=nothing, options=("--as=jane",), in_pod=True),
)


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
        "a pod",
        "a pod, POD_NAMESPACE",
        "a pod with a kubeconfig",
    }
)
"""Rows in which the tokens are listed, so that two programs that both fail are not taken for two that agree."""
ROWS = (*USERS, *IMPERSONATION, *PLUGINS, *CLUSTERS, *FILES, *IN_PODS)


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
