"""What a use case tells while it is at work, at the terminal: a spinner, and lines on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pharia_access.domain.deletions import named
from pharia_access.domain.model import ObjectKey
from pharia_access.entrypoints.kubectl.prompts import say, waiting, warn
from pharia_access.services.administration.progress import (
    BrokenOff,
    Event,
    OnlyOneNamespace,
    RotationStarted,
    SecretStillStands,
    TokenCreated,
    Warned,
)

__all__ = ["TerminalProgress"]


class TerminalProgress:
    """Answers `services.administration.progress.Progress`.

    Args:
        options: those of the command line that say which cluster and who.
    """

    def __init__(self, options: str) -> None:
        self._options = options

    @contextmanager
    def listing(self, noun: str) -> Iterator[Callable[[int, int], None]]:
        """Show how far a list is."""
        with waiting(f"Listing {noun} …") as tell:
            yield lambda found, left: tell(f"Listing {noun}: {found:,} of {found + left:,}")

    @contextmanager
    def waiting(self, token: ObjectKey) -> Iterator[Callable[[str], None]]:
        """Show what a token waits for."""
        with waiting(f"Waiting for {token.name} …") as tell:
            yield lambda why: tell(f"Waiting for {token.name}: {why}")

    def happened(self, event: Event) -> None:
        """Tell it in a line."""
        match event:
            case TokenCreated(token):
                say(f"token {token.name} created")
            case RotationStarted(token, number, total):
                say(f"{number} of {total}: {token}")
            case OnlyOneNamespace(namespace):
                warn(f"You may not list tokens in all namespaces: only namespace {namespace} was searched.")
            case SecretStillStands(secret, finalizers):
                warn(
                    f"The one-time Secret {secret.name} was deleted but still exists because of {named(finalizers)}: "
                    f"anybody who may read Secrets in namespace {secret.namespace} can read the token. Remove the "
                    "finalizer, or ask its owner to remove it."
                )
            case Warned(sentences):
                for sentence in sentences:
                    warn(sentence)
            case BrokenOff(next_steps):
                from pharia_access.entrypoints.kubectl.next_steps import in_words

                say(*in_words(next_steps, self._options))
