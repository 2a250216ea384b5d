"""Why an API server serves somebody nothing, in words that a page says."""

from enum import StrEnum

__all__ = ["Silence"]


class Silence(StrEnum):
    """A reason; each is the end of a sentence."""

    NO_ANSWER = "the API server does not answer"
    LOGIN_ENDED = "the API server does not accept your login; log in again in a terminal"
