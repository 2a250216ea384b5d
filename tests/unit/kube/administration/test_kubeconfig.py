"""Whether `kubectl config view` names a login at all; what it is, kubectl itself decides."""

from __future__ import annotations

from typing import Any

import pytest

from pharia_access.errors import LoginError
from pharia_access.kube.administration.kubeconfig import NamedLogin, named_login, read_view

Json = dict[str, Any]


def view(user: Json | None, *, server: str = "https://api", **context: str) -> Json:
    return {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": None if user is None else [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u", **context}}],
        "current-context": "x",
    }


@pytest.mark.parametrize(
    "user",
    [
        {"token": "REDACTED"},
        {"tokenFile": "/t"},
        {"client-certificate": "/c"},
        {"client-certificate-data": "DATA+OMITTED"},
        {"username": "anna"},
        {"auth-provider": {"name": "oidc"}},
        {"exec": {"command": "p"}},
    ],
    ids=lambda user: next(iter(user)),
)
def test_each_way_in_is_one(user: Json) -> None:
    assert named_login(view(user, namespace="finance"), None) == NamedLogin("x", "finance", runs_plugin="exec" in user)


def test_who_is_impersonated_is_known() -> None:
    assert named_login(view({"token": "REDACTED", "as": "jane"}), "x") == NamedLogin("x", impersonated="jane")


@pytest.mark.parametrize("empty", [{}, {"contexts": None, "users": None, "current-context": ""}])
def test_an_empty_kubeconfig_names_nobody(empty: Json) -> None:
    assert named_login(empty, None) is None


@pytest.mark.parametrize(
    ("seen", "context", "why"),
    [
        pytest.param(view({"token": "REDACTED"}), "y", "has no context 'y'", id="another context"),
        pytest.param({**view({}), "current-context": "y"}, None, "has no context 'y'", id="a lost context"),
        pytest.param(view(None), None, "names the user 'u', which does not exist", id="a lost user"),
        pytest.param(view({}), None, "no token, certificate or exec plugin", id="a user without anything"),
        pytest.param(view({"as": "jane"}), None, "no token, certificate or exec plugin", id="impersonation alone"),
        pytest.param(view({"token": ""}), None, "no token, certificate or exec plugin", id="an empty token"),
        pytest.param(view({"token": "REDACTED"}), None, "", id="good"),
        pytest.param(view({"token": "REDACTED"}, server="http://api"), None, "sends no login", id="plain HTTP"),
        pytest.param(view({}, server="http://api"), None, "", id="plain HTTP, and no login is meant"),
    ],
)
def test_no_login_is_an_error_that_says_why(seen: Json, context: str | None, why: str) -> None:
    if not why:
        assert named_login(seen, context) == NamedLogin("x")
        return
    with pytest.raises(LoginError, match=why):
        named_login(seen, context)


@pytest.mark.parametrize("written", [b"", b"{", b"[]", b"null", b"apiVersion: v1"])
def test_what_is_no_view_is_refused(written: bytes) -> None:
    with pytest.raises(LoginError, match="is not JSON"):
        read_view(written)
