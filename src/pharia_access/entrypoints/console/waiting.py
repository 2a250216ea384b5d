"""A document that takes a while: what stands above it is sent at once, then how far it is, then the rest.

No script takes part: the style sheet shows the last sentence only, and none once the rest is there.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Final

from pharia_access.entrypoints.console.visits import Answer, Page, Waiting
from pharia_access.errors import AccessError

__all__ = ["sent_while_waiting"]

_LOOK_SECONDS: Final = 0.25

Render = Callable[[Page, str], str]
"""From a page to the document; the second is a text that stands wherever a template may be cut."""


async def sent_while_waiting(
    waiting: Waiting, render: Render, failed: Callable[[AccessError], Answer]
) -> AsyncIterator[str]:
    """The document's parts. `failed`: what is shown instead where the answer is an error."""
    cut = secrets.token_hex(16)

    def parts(sentence: str) -> list[str]:
        return render(replace(waiting.page, values={"told": sentence}), cut).split(cut)

    try:
        above, opened, _, closed, _ = parts("")
        yield above + opened
        told = ""
        while not (await asyncio.wait([waiting.answer], timeout=_LOOK_SECONDS))[0]:
            if (sentence := waiting.told()) != told:
                told = sentence
                yield parts(told)[2]
        rest = await _answer(waiting, failed)
        assert isinstance(rest, Page)  # noqa: S101 - nothing else begins with a page
        yield closed + render(rest, cut).partition(cut)[2]
    finally:
        waiting.answer.cancel()


async def _answer(waiting: Waiting, failed: Callable[[AccessError], Answer]) -> Answer:
    try:
        return await waiting.answer
    except AccessError as error:
        return failed(error)
