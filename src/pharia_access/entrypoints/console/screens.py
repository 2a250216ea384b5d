"""The table of screens: at which address each is, what it shows, and what it does with a form."""

from typing import Final

from pharia_access.entrypoints.console import addresses
from pharia_access.entrypoints.console.navigation import entry_named
from pharia_access.entrypoints.console.pages import (
    audit,
    credential,
    credential_changes,
    credential_creation,
    credential_roles,
    credentials,
    holders,
    look_up,
    meanwhile,
    overview,
    own_secret,
    roles,
    secrets,
    token,
    token_bulk,
    token_changes,
    token_creation,
    token_files,
    token_rotation,
    tokens,
    who_may,
    workload,
    workload_changes,
    workload_creation,
    workloads,
)
from pharia_access.entrypoints.console.visits import Answer, Moved, Screen, Visit
from pharia_access.services.administration.plans import MalformedError

__all__ = ["BY_SCRIPT", "TABLE", "go", "start"]

_CREDENTIALS: Final = "/namespaces/{namespace}/credentials"
_CREDENTIAL: Final = "/namespaces/{namespace}/credentials/{name}"
_TOKEN: Final = "/namespaces/{namespace}/tokens/{name}"  # noqa: S105 - an address
_WORKLOAD: Final = "/namespaces/{namespace}/workload-tokens/{name}"

TABLE: Final[tuple[tuple[str, Screen | None, Screen | None], ...]] = (
    ("/overview", overview.show_everywhere, None),
    ("/namespaces/{namespace}/overview", overview.show, None),
    ("/tokens", tokens.show_everywhere, None),
    ("/tokens.csv", token_files.csv_everywhere, None),
    ("/tokens.json", token_files.json_everywhere, None),
    ("/namespaces/{namespace}/tokens", tokens.show, None),
    ("/namespaces/{namespace}/tokens.csv", token_files.csv_here, None),
    ("/namespaces/{namespace}/tokens.json", token_files.json_here, None),
    ("/tokens/ended", token_bulk.show_outcomes, token_bulk.choose),
    (_CREDENTIALS, credentials.show, None),
    ("/namespaces/{namespace}/new-credential", credential_creation.ask, credential_creation.save),
    (_CREDENTIAL, credential.show, None),
    (f"{_CREDENTIAL}/roles", credential_roles.ask, credential_roles.save),
    (f"{_CREDENTIAL}/suspend", credential_changes.ask_suspension, credential_changes.suspend),
    (f"{_CREDENTIAL}/resume", credential_changes.ask_resumption, credential_changes.resume),
    (f"{_CREDENTIAL}/delete", credential_changes.ask_deletion, credential_changes.delete),
    (f"{_CREDENTIAL}/new-holder", holders.ask_addition, holders.save),
    (f"{_CREDENTIAL}/remove-holder", holders.ask_removal, holders.remove),
    (f"{_CREDENTIAL}/new-token", token_creation.ask, token_creation.save),
    (f"{_CREDENTIAL}/meanwhile", None, meanwhile.tell_credential),
    (_TOKEN, token.show, None),
    ("/tokens/{namespace}/{name}", token.show_from_list, None),
    (f"{_TOKEN}/meanwhile", None, meanwhile.tell_token),
    (f"{_TOKEN}/secret", None, secrets.read),
    (f"{_TOKEN}/collected", None, secrets.collected),
    (f"{_TOKEN}/state", None, secrets.state),
    (f"{_TOKEN}/store", own_secret.ask, own_secret.store),
    (f"{_TOKEN}/rotate", token_rotation.ask, token_rotation.save),
    (f"{_TOKEN}/end", token_changes.ask_end, token_changes.end),
    (f"{_TOKEN}/revoke", token_changes.ask_revocation, token_changes.revoke),
    (f"{_TOKEN}/delete", token_changes.ask_deletion, token_changes.delete),
    ("/namespaces/{namespace}/workload-tokens", workloads.show, None),
    ("/namespaces/{namespace}/new-workload-token", workload_creation.ask, workload_creation.save),
    (_WORKLOAD, workload.show, None),
    (f"{_WORKLOAD}/meanwhile", None, meanwhile.tell_workload),
    (f"{_WORKLOAD}/rotate", workload_changes.ask_rotation, workload_changes.rotate),
    (f"{_WORKLOAD}/suspend", workload_changes.ask_suspension, workload_changes.suspend),
    (f"{_WORKLOAD}/resume", workload_changes.ask_resumption, workload_changes.resume),
    (f"{_WORKLOAD}/delete", workload_changes.ask_deletion, workload_changes.delete),
    ("/namespaces/{namespace}/roles", roles.show_all, None),
    ("/namespaces/{namespace}/roles/{name}", roles.show, None),
    ("/namespaces/{namespace}/audit", audit.show, None),
    ("/namespaces/{namespace}/audit.csv", audit.keep, None),
    ("/namespaces/{namespace}/look-up", look_up.show, None),
    ("/namespaces/{namespace}/who-may", who_may.show, None),
)
"""An address, who answers GET and who answers POST."""

BY_SCRIPT: Final[frozenset[Screen]] = frozenset(
    {
        secrets.read,
        secrets.collected,
        secrets.state,
        meanwhile.tell_credential,
        meanwhile.tell_token,
        meanwhile.tell_workload,
    }
)
"""What only our script may ask for, without the person doing anything else."""


async def start(visit: Visit) -> Answer:
    """The first page."""
    return Moved(addresses.credentials(visit.context.namespace))


async def go(visit: Visit) -> Answer:
    """The same screen of another namespace. Raises MalformedError if that cannot be one."""
    namespace = visit.query.get("namespace", "").strip()
    if not addresses.is_namespace(namespace):
        msg = "A namespace's name has lower-case letters, digits and dashes, at most 63"
        raise MalformedError(msg)
    return Moved(entry_named(visit.query.get("screen", "")).address(namespace))
