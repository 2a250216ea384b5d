"""Reads the login of a kubeconfig from `kubectl config view`, which omits secrets.

kubectl itself resolves the kubeconfig and signs in. This module only decides whether there is a login: without one,
kubectl would ask for a name and a password, or continue as an anonymous user.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from pharia_access.errors import LoginError

__all__ = ["CHOOSE", "NamedLogin", "named_login", "read_view"]

CHOOSE: Final = "Choose a kubeconfig with --kubeconfig or KUBECONFIG, and a context with --context."

_WAYS_IN: Final = (
    "token",
    "tokenFile",
    "client-certificate",
    "client-certificate-data",
    "username",
    "exec",
    "auth-provider",
)
"""Of a kubeconfig's user; each alone is enough for kubectl (`canIdentifyUser` of client-go)."""
_PLAIN: Final = "http://"

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NamedLogin:
    """The login of one context.

    Attributes:
        context: its name.
        namespace: empty without one.
        impersonated: the user that the kubeconfig impersonates; empty without one.
        runs_plugin: whether an exec plugin signs in, which may ask a person.
    """

    context: str
    namespace: str = ""
    impersonated: str = ""
    runs_plugin: bool = False


def read_view(written: bytes) -> Entry:
    """Decode the output of `kubectl config view -o json`. Raises LoginError."""
    try:
        return msgspec.json.decode(written, type=dict[str, Any])
    except msgspec.DecodeError:
        msg = "cannot read the kubeconfig: the output of kubectl config view is not JSON"
        raise LoginError(msg, "Check that kubectl on PATH is the real one: kubectl config view") from None


def named_login(view: Entry, context: str | None) -> NamedLogin | None:
    """Return the login of that context, or of the current one; None if the kubeconfig has no current context.

    Raises LoginError for a context or a user that does not exist, for a user without a login, and for a login that
    kubectl would withhold because the server is plain HTTP.
    """
    chosen = context or view.get("current-context")
    if not chosen:
        return None
    found = _entry(view, "contexts", "context", chosen)
    if found is None:
        msg = f"the kubeconfig has no context {chosen!r}"
        raise _no_login(msg)
    user = _user(view, found.get("user", ""), chosen)
    cluster = _entry(view, "clusters", "cluster", found.get("cluster", "")) or {}
    _require_way_in(user, chosen, str(cluster.get("server", "")))
    return NamedLogin(chosen, found.get("namespace", ""), user.get("as", ""), runs_plugin=bool(user.get("exec")))


def _user(view: Entry, name: str, context: str) -> Entry:
    if not name:
        return {}
    user = _entry(view, "users", "user", name)
    if user is None:
        msg = f"the kubeconfig's context {context!r} names the user {name!r}, which does not exist"
        raise _no_login(msg)
    return user


def _require_way_in(user: Entry, context: str, server: str) -> None:
    identified = any(user.get(way) for way in _WAYS_IN)
    plain = server.startswith(_PLAIN)
    if identified and plain:
        why = f"the server of context {context!r} is {_PLAIN}, to which kubectl sends no login"
        raise _no_login(why, "If the server has TLS, write https:// in the kubeconfig.")
    if not identified and not plain:
        why = f"the user of context {context!r} has no token, certificate or exec plugin"
        raise _no_login(why, "Log in to your cluster, or choose another context with --context.")


def _no_login(why: str, next_step: str = CHOOSE) -> LoginError:
    return LoginError(f"Not logged in: {why}", next_step)


def _entry(view: Entry, kind: str, content: str, name: str) -> Entry | None:
    for entry in view.get(kind) or ():
        if entry.get("name") == name:
            found: Entry = entry.get(content) or {}
            return found
    return None
