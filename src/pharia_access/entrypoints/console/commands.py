"""What a screen does, as a command: teacher, and way out."""

import shlex

from pharia_access.entrypoints.console.visits import Visit

__all__ = ["command"]


def command(visit: Visit, *words: str, everywhere: bool = False) -> str:
    """`kubectl access WORDS -n NAMESPACE`, or for all namespaces, to be pasted into a shell."""
    place = ["-A"] if everywhere else ["-n", visit.context.namespace]
    return f"kubectl access {shlex.join([*words, *place])}{visit.desk.options}"
