"""What axe-core finds on a page. The page's policy lets no script in, so that axe runs as the debugger does."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Page

__all__ = ["AXE_SHA256", "axe_source", "findings"]

AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
_FILE = Path(__file__).parent / "axe" / "axe.min.js"
_RUN = """async (colors) => {
  const rules = {"color-contrast": {enabled: colors}};
  const told = await axe.run(document, {rules, resultTypes: ["violations", "incomplete"]});
  return [...told.violations, ...told.incomplete].map(
    (rule) => `${rule.id}: ${rule.help}: ${rule.nodes.map((node) => node.target.join(" ")).join(", ")}`);
}"""


@cache
def axe_source() -> str:
    """The file, if it is the one that was taken. Raises ValueError."""
    content = _FILE.read_bytes()
    if hashlib.sha256(content).hexdigest() != AXE_SHA256:
        message = f"{_FILE.name} is not the released file"
        raise ValueError(message)
    return content.decode()


async def findings(page: Page, *, colors: bool = True) -> list[str]:
    """What violates a rule of accessibility, or may: rule, what it asks for, and where.

    `colors`: contrast, too. It is judged by the style sheet's colors, and only of what is in sight.
    """
    await page.evaluate(axe_source())
    found: list[str] = await page.evaluate(_RUN, colors)
    return found
