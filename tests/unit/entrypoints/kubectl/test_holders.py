"""`kubectl access credential holders`: what may be a ServiceAccount's name."""

from __future__ import annotations

import click
import pytest

from pharia_access.entrypoints.kubectl.named import ACCOUNT


@pytest.mark.parametrize("name", ["app", "a.b-c", "a" * 63, ".".join(["a" * 63] * 3)])
def test_every_name_that_kubernetes_takes_is_taken(name: str) -> None:
    assert ACCOUNT.convert(name, None, None) == name


@pytest.mark.parametrize("name", ["", "App", "a b", "a/b", "-a", "a_b", "a" * 254, "system:serviceaccount:a:b"])
def test_what_can_be_no_name_is_refused(name: str) -> None:
    with pytest.raises(click.BadParameter, match="a ServiceAccount's name"):
        ACCOUNT.convert(name, None, None)
