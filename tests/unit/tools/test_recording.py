"""The recorded session of README: a picture that can be read again, without a secret."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from tools.recording import COMMANDS, PICTURE, RecordedStep, drawn, read

STEPS = [RecordedStep("a <b | c", ("one & two", "  three")), RecordedStep("d", ())]


def test_a_picture_tells_the_steps_that_it_was_drawn_of() -> None:
    assert read(drawn(STEPS)) == STEPS


def test_a_picture_is_well_formed() -> None:
    assert ET.fromstring(drawn(STEPS)).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own


def test_the_picture_shows_the_commands_and_no_tokens_secret() -> None:
    picture = PICTURE.read_text(encoding="utf-8")

    assert [step.command for step in read(picture)] == list(COMMANDS)
    assert re.findall(r"pharia_[a-z2-7]{16}_\w", picture) == []
