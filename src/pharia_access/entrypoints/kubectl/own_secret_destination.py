"""A token's text into a Secret of the person's own: a new one, or one that this command wrote before."""

from typing import TYPE_CHECKING

from pharia_access.domain.administration.next_steps import ListNamespaces
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.token import TokenText
from pharia_access.entrypoints.kubectl.moments import until
from pharia_access.entrypoints.kubectl.next_steps import in_words
from pharia_access.entrypoints.kubectl.prompts import print_lines
from pharia_access.errors import NotFoundError
from pharia_access.services.administration import own_secrets
from pharia_access.services.administration.destinations import SecretDestination
from pharia_access.services.administration.overwriting import Overwritten, after_overwriting
from pharia_access.services.administration.plans import BlockedError

if TYPE_CHECKING:
    from pharia_access.bootstrap.cli import CliSession

__all__ = ["OwnSecretDestination", "report_overwritten"]


class OwnSecretDestination(own_secrets.OwnSecretDestination):
    """The same, which tells the person."""

    async def check(self) -> None:
        """Raise AccessError if it cannot take a token."""
        try:
            await super().check()
        except NotFoundError as error:
            msg = f'There is no namespace "{self.target.key.namespace}"'
            raise BlockedError(msg, ListNamespaces()) from error

    async def put(self, token: TokenSummary, text: TokenText) -> None:
        """Write it there, or raise AccessError."""
        await super().put(token, text)
        print_lines(f"The secret of {token.key.name} {self.told}.")


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
