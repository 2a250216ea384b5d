"""A token's text into a Secret of the person's own: a new one, or one that this command wrote before."""

from typing import TYPE_CHECKING

from pharia_access.domain.administration.next_steps import ListNamespaces
from pharia_access.domain.administration.own_secret import SecretTarget
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.token import TokenText
from pharia_access.entrypoints.kubectl.moments import until
from pharia_access.entrypoints.kubectl.next_steps import in_words
from pharia_access.entrypoints.kubectl.prompts import print_lines
from pharia_access.errors import NotFoundError
from pharia_access.services.administration.destinations import SecretDestination
from pharia_access.services.administration.overwriting import Overwritten, after_overwriting
from pharia_access.services.administration.own_secrets import OwnSecrets, require_writable, write
from pharia_access.services.administration.plans import BlockedError

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["OwnSecretDestination", "report_overwritten"]


class OwnSecretDestination:
    """Answers `services.administration.destinations.SecretDestination`.

    Attributes:
        target: the Secret.
        before: the token that it held before; empty as long as none was overwritten.
    """

    def __init__(self, secrets: OwnSecrets, target: SecretTarget) -> None:
        self.target = target
        self.before = ""
        self._secrets = secrets

    async def check(self) -> None:
        """Raise AccessError if it cannot take a token."""
        try:
            await require_writable(self._secrets, self.target)
        except NotFoundError as error:
            msg = f'There is no namespace "{self.target.key.namespace}"'
            raise BlockedError(msg, ListNamespaces()) from error

    async def put(self, token: TokenSummary, text: TokenText) -> None:
        """Write it there, or raise AccessError."""
        before = await write(self._secrets, self.target, token.key.name, text)
        self.before = "" if before == token.key.name else before
        instead = f" in place of {self.before}" if self.before else ""
        print_lines(
            f"The secret of {token.key.name} is in Secret {self.target.key.name}, under {self.target.entry}{instead}."
        )


async def report_overwritten(session: "CliSession", destination: SecretDestination) -> None:
    """Say what to restart and when the token ends that was overwritten; nothing where none was."""
    if not isinstance(destination, OwnSecretDestination) or not destination.before:
        return
    key, before = destination.target.key, destination.before
    done = await after_overwriting(session.context, session.workloads(), key, before)
    print_lines(*_ended(done, session), *in_words(done.next_steps, session.options))


def _ended(done: Overwritten, session: "CliSession") -> list[str]:
    """When the token ends that workloads still have."""
    old = done.before
    if old is None:
        return []
    what = f"The token {old.key.name}, which the Secret held before,"
    end = f"ends at {until(old.ends, session.context.clock.now())}" if old.active else f"is {old.in_words}"
    return [f"{what} {end}."]
