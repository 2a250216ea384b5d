"""The recorded session of README: a picture that can be read again, without a secret."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from tools.recording import COMMANDS, PICTURE, RecordedStep, drawn, read, shape

STEPS = [RecordedStep("a <b | c", ("one & two", "  three")), RecordedStep("d", ())]


def test_a_picture_tells_the_steps_that_it_was_drawn_of() -> None:
    assert read(drawn(STEPS)) == STEPS


def test_what_differs_each_time_is_no_part_of_its_shape() -> None:
    one = [
        RecordedStep("a", ("pharia_o255u5uau3ss7yp5_…", "Secret:  can be collected", "Expires: 2026-12-30T19:25:59Z"))
    ]
    two = [RecordedStep("a", ("pharia_czpdw3vh6xawe7df_…", "Secret:  collected", "Expires: 2026-12-31T01:02:03Z"))]

    assert shape(one) == shape(two)
    assert shape(one) != shape([RecordedStep("b", one[0].said)])


def test_a_picture_is_well_formed() -> None:
    assert ET.fromstring(drawn(STEPS)).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own


def test_the_picture_shows_the_commands_and_no_tokens_secret() -> None:
    picture = PICTURE.read_text(encoding="utf-8")

    assert [step.command for step in read(picture)] == list(COMMANDS)
    assert re.findall(r"pharia_[a-z2-7]{16}_\w", picture) == []
