"""The pictures of the console: each screen in light and dark, and none that makes a page slow."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.console_pictures import FOLDER, SCREENS

ROOT = Path(__file__).parents[3]
MOST_BYTES = 80_000
PICTURES = [f"{name}-{scheme}.png" for name in SCREENS for scheme in ("light", "dark")]


def test_there_is_a_picture_of_each_screen_and_no_other() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(PICTURES)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_small(name: str) -> None:
    assert (FOLDER / name).stat().st_size <= MOST_BYTES


def test_the_tutorial_shows_the_screens_in_the_order_of_the_story() -> None:
    page = (ROOT / "docs" / "tutorial" / "console.md").read_text(encoding="utf-8")
    shown = [name for name in PICTURES if f"images/console/{name}" in page]
    places = [page.index(f"images/console/{name}") for name in shown if name.endswith("-light.png")]

    assert len(places) > 5
    assert places == sorted(places)
