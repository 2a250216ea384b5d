"""The keyring, shown and rotated: by key IDs, never a value."""

from secrets import token_bytes

from pharia_access.bootstrap.cli import CliSession, release_of
from pharia_access.domain.administration.key_usage import KeyUsage
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.prompts import present, print_lines
from pharia_access.entrypoints.kubectl.render import print_table, print_value
from pharia_access.services.administration import keyring

__all__ = ["rotate", "status"]


async def status(session: CliSession, cli: CliOptions, home: str) -> None:
    """Print the keys, and how many active tokens use each."""
    release = release_of(session, home, timeout_seconds=cli.timeout)
    usages = await keyring.key_usage(session.context, release.secrets, home=home)
    if cli.for_people:
        rows = [[usage.key_id, usage.state, str(usage.tokens)] for usage in usages]
        print_table(["KEY", "STATE", "ACTIVE TOKENS"], rows)
    else:
        print_value({"keys": [_wire(usage) for usage in usages]}, cli.output)


async def rotate(session: CliSession, cli: CliOptions, home: str) -> None:
    """Make a new current key, and print what became of each."""
    present(cli, keyring.plan_rotation(home))
    release = release_of(session, home, timeout_seconds=cli.timeout)
    done = await keyring.rotate(session.context, secrets=release.secrets, cluster=release.cluster, entropy=token_bytes)
    states = {"current": [done.current], "kept": done.kept, "dropped": done.dropped}
    print_table(["KEY", "STATE"], [[key_id, state] for state, key_ids in states.items() for key_id in key_ids])
    print_lines(
        "The operator uses the new key from its next full list on, or at once after:"
        f" kubectl rollout restart deployment/pharia-access-operator --namespace {home}"
    )


def _wire(usage: KeyUsage) -> dict[str, str | int]:
    return {"keyID": usage.key_id, "state": str(usage.state), "activeTokens": usage.tokens}
