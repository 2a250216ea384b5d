"""Numbers in sentences, for conditions, errors and tables alike."""

__all__ = ["counted", "plural"]


def plural(count: int, one: str, many: str = "") -> str:
    """Return the word that fits the count: `one` for 1, else `many`, which is `one` with an s where it is left out."""
    return one if count == 1 else many or f"{one}s"


def counted(count: int, noun: str) -> str:
    """Return the count and its noun: `1 role`, `3 roles`."""
    return f"{count} {plural(count, noun)}"
