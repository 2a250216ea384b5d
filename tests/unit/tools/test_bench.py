"""What `python -m bench` finds by name is there."""

from __future__ import annotations

from importlib import import_module

import pytest

from bench.__main__ import CAMPAIGNS


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_campaign_that_is_found_by_name_is_there(name: str) -> None:
    module, function = CAMPAIGNS[name]

    assert callable(getattr(import_module(module), function))
