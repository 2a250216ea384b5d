"""What the settings of each program have in common."""

from datetime import timedelta
from typing import Annotated, ClassVar

import pytest

from pharia_access.errors import SettingsError
from pharia_access.settings.base import ProcessSettings
from pharia_access.settings.rules import NotMore, Rule
from pharia_access.settings.types import duration, flag


class Pauses(ProcessSettings):
    """The name of one setting begins the names of two others."""

    RULES: ClassVar[tuple[Rule, ...]] = (NotMore("pause_least", "pause_most"),)

    pause: Annotated[bool, flag()] = False
    """Whether to pause."""

    pause_least: Annotated[timedelta, duration("1s", "1h")] = timedelta(seconds=1)
    """The shortest pause."""

    pause_most: Annotated[timedelta, duration("1s", "1h")] = timedelta(minutes=1)
    """The longest pause."""


def test_an_invalid_variable_hides_no_contradiction_of_variables_whose_names_begin_with_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PHARIA_ACCESS_PAUSE", "x")
    monkeypatch.setenv("PHARIA_ACCESS_PAUSE_LEAST", "30m")

    with pytest.raises(SettingsError, match="PAUSE_LEAST must not be more than PHARIA_ACCESS_PAUSE_MOST"):
        Pauses.from_environment()
