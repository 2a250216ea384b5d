"""What kubectl says otherwise from version to version, as pages show it."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["DELETED_FROM"]

DELETED_FROM: Final = (re.compile(r" deleted from \S+ namespace$", re.MULTILINE), " deleted")
"""1.32 does not name the namespace, 1.37 does: the pattern, and the words of 1.32."""
