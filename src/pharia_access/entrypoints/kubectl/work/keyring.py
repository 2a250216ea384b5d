"""The keyring, with an administrator's rights: by key IDs, never a value."""

from secrets import token_bytes

from pharia_access.bootstrap.cli import CliSession, release_of
from pharia_access.domain.administration.key_usage import KeyUsage, key_usages
from pharia_access.domain.keyring import Keyring
from pharia_access.entrypoints.kubectl.options import CliOptions
from pharia_access.entrypoints.kubectl.work.listing import list_all
from pharia_access.entrypoints.kubectl.work.render import print_table, print_value
from pharia_access.entrypoints.kubectl.work.terminal import RefusedError, confirm, say
from pharia_access.kube.administration.summaries import token_summary
from pharia_access.services import keyring_store

__all__ = ["rotate", "status"]


async def status(session: CliSession, choices: CliOptions, home: str) -> None:
    """Print the keys, and how many active tokens use each."""
    held = await release_of(session, home, timeout_seconds=choices.timeout).secrets.read_keyring()
    if held is None:
        msg = f"There is no keyring in namespace {home}"
        raise RefusedError(msg, "Name the release's namespace by --release-namespace.")
    tokens = await list_all(session.objects.pages("ApiToken", None), token_summary, "tokens")
    usages = key_usages(Keyring.parse(held[0]), tokens)
    if choices.for_people:
        rows = [[usage.key_id, usage.state, str(usage.tokens)] for usage in usages]
        print_table(["KEY", "STATE", "ACTIVE TOKENS"], rows)
    else:
        print_value({"keys": [_wire(usage) for usage in usages]}, choices.output)


async def rotate(session: CliSession, choices: CliOptions, home: str) -> None:
    """Make a new current key, and print what became of each."""
    told = f"The keyring in namespace {home} gets a new current key, and loses those that no active token uses."
    confirm(choices, [f"{told} No token stops working."], "Rotate it?")
    release = release_of(session, home, timeout_seconds=choices.timeout)
    done = await keyring_store.rotate(
        secrets=release.secrets, cluster=release.cluster, entropy=token_bytes, clock=session.clock
    )
    states = {"current": [done.current], "kept": done.kept, "dropped": done.dropped}
    print_table(["KEY", "STATE"], [[key_id, state] for state, key_ids in states.items() for key_id in key_ids])
    say(
        "The operator uses the new key from its next full list on, or at once after:"
        f" kubectl rollout restart deployment/pharia-access-operator --namespace {home}"
    )


def _wire(usage: KeyUsage) -> dict[str, str | int]:
    return {"keyID": usage.key_id, "state": str(usage.state), "activeTokens": usage.tokens}
