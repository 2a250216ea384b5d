"""Colours for a person who wants them: https://no-color.org. Click leaves them out where there is no terminal."""

import click

from pharia_access.settings.person import wants_colours

__all__ = ["coloured"]


def coloured(word: str, colour: str) -> str:
    """The word in that colour, unless the person wants none."""
    return click.style(word, fg=colour, bold=True) if wants_colours() else word
