"""A gateway's word for the client, for the audit log: the value of one header that the administrator names.

The verifier sees the gateway's address and never the client's. Whether the header is true depends on the gateway alone,
so it decides nothing, and is off by default. It is read only where a line is written, and only printable ASCII of it.
"""

import re
from collections.abc import Sequence
from contextvars import ContextVar, Token

__all__ = ["LONGEST_WORD", "ClientWord"]

LONGEST_WORD = 128
"""Characters of the header's values that are kept; several are joined."""

_UNPRINTABLE = re.compile(r"[^ -~]")

Source = bytes | Sequence[tuple[bytes, bytes]]
"""A head as it came, or headers whose names are in lower case."""


class ClientWord:
    """Holds the head of the request that is judged now, by task.

    Args:
        header: the name of the header, in any letter case.
    """

    def __init__(self, header: str) -> None:
        self._name = header.lower().encode("ascii")
        self._line = re.compile(rb"\r\n" + re.escape(self._name) + rb":[\t ]*([^\r\n]*)", re.IGNORECASE)
        self._source: ContextVar[Source] = ContextVar("source", default=b"")

    def hold(self, source: Source) -> Token[Source]:
        """Take the head of one request; `release` forgets it."""
        return self._source.set(source)

    def release(self, held: Token[Source]) -> None:
        """Return to what was held before."""
        self._source.reset(held)

    def read(self) -> str:
        """Return what the header says, bounded and harmless; empty where the request has none."""
        source = self._source.get()
        if isinstance(source, bytes):
            values = self._line.findall(source)
        else:
            values = [value for name, value in source if name == self._name]
        told = b", ".join(value.strip() for value in values)[:LONGEST_WORD]
        return _UNPRINTABLE.sub("?", told.decode("latin-1"))
