"""The reason that somebody gives for a revocation: a short line for people, read by everybody who may read tokens."""

from typing import Final

from pharia_access.domain.token import may_be_of_token

__all__ = ["LONGEST_REASON", "is_reason", "reason_objection"]

LONGEST_REASON: Final = 256
"""Characters, as in the CRD."""

_LINE_BREAKS: Final = "\u2028\u2029"


def is_reason(text: str) -> bool:
    """Whether the text may be kept as a reason."""
    return not reason_objection(text)


def reason_objection(text: str) -> str:
    """Return what is wrong with a reason, as a clause; empty where it may be kept. No part of the text is in it."""
    if may_be_of_token(text):
        return "it holds a token's text or a part of one"
    if not text.strip():
        return "it is empty"
    if len(text) > LONGEST_REASON:
        return f"it has more than {LONGEST_REASON} characters"
    if any(_is_control(char) for char in text):
        return "it has control characters or more than one line"
    return ""


def _is_control(char: str) -> bool:
    return char < " " or "\x7f" <= char <= "\x9f" or char in _LINE_BREAKS
