"""Variables with the prefix of this project that no program reads: mostly a misspelt setting, which had no effect."""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

__all__ = ["unknown_variables"]

_SERVICE_LINK: Final = re.compile(r".*_SERVICE_(HOST|PORT(_\w+)?)|.*_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?")
"""What Kubernetes adds for a Service whose name begins as our variables do, unless a pod has enableServiceLinks: false.
https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables"""
_ADDRESS: Final = re.compile(r"(tcp|udp|sctp)://.*|(TCP|UDP|SCTP|tcp|udp|sctp)|\d+|[0-9a-fA-F.:]+")
_NEAR: Final = 0.8


def unknown_variables(environment: Mapping[str, str], *, prefix: str, known: Collection[str]) -> Iterator[str]:
    """Say of each such variable what it may be meant to be, a sentence each, without its value."""
    for name in sorted(environment):
        if name.upper().startswith(prefix) and name.upper() not in known and not _links(name, environment[name]):
            words = name.upper().removeprefix(prefix)
            near = difflib.get_close_matches(words, [each.removeprefix(prefix) for each in known], n=1, cutoff=_NEAR)
            yield f"{name} is not a setting" + (f"; did you mean {prefix}{near[0]}?" if near else ": remove it")


def _links(name: str, value: str) -> bool:
    return bool(_SERVICE_LINK.fullmatch(name) and _ADDRESS.fullmatch(value))
