"""Rows of the table that differ in the cluster and the way to it, in files, and in the pod that they are in."""

from __future__ import annotations

import json

import yaml

from tests.support.kubectl.login_arrangements import (
    BY_NAME,
    RELATIVE_CA,
    at_home,
    empty,
    files,
    folder,
    named,
    nothing,
    only,
    other,
    text,
    whole,
)
from tests.support.kubectl.login_rows import Row

__all__ = ["CLUSTERS", "FILES", "IN_PODS"]

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
    Row("a proxy without a scheme", cluster={"proxy-url": "127.0.0.1:1"}),
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
    Row("a namespace that leads elsewhere", context={"namespace": "../../api/v1"}),
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
