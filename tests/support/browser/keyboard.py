"""A person without a mouse, who sees where the focus is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Page

__all__ = ["press", "reach"]

_FOCUSED = """() => {
  const focused = document.activeElement;
  const title = focused.getAttribute("aria-labelledby");
  const label = title ? document.getElementById(title) : focused.labels?.[0];
  const name = (title ? "" : focused.innerText) || focused.ariaLabel || label?.innerText || "";
  return [name, getComputedStyle(focused).outlineStyle];
}"""
_MOST_STEPS = 80


async def reach(page: Page, name: str) -> None:
    """Press Tab until what has this name is focused, and seen to be."""
    for _ in range(_MOST_STEPS):
        await page.keyboard.press("Tab")
        words, outline = await page.evaluate(_FOCUSED)
        if " ".join(words.split()) == name:
            assert outline != "none"
            return
    message = f"no Tab reaches {name!r}"
    raise AssertionError(message)


async def press(page: Page, name: str, *, key: str = "Enter") -> None:
    """Reach what has this name, and press it."""
    await reach(page, name)
    await page.keyboard.press(key)
