"""The console's own addresses, below its random folder. What is a name in them has passed the schema's pattern."""

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from pharia_access.domain.administration.names import LONGEST_NAME, is_label, is_subdomain
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.model import ObjectKey

__all__ = [
    "audit",
    "audit_file",
    "credential",
    "credential_of",
    "credentials",
    "is_namespace",
    "is_object_name",
    "live",
    "look_up",
    "near",
    "near_credential",
    "new_credential",
    "new_token",
    "new_workload",
    "overview",
    "role",
    "roles",
    "token",
    "tokens",
    "who_may",
    "workload",
    "workloads",
]


def is_object_name(text: str) -> bool:
    """Whether it may name an object of ours."""
    return is_subdomain(text, longest=LONGEST_NAME)


def credentials(namespace: str) -> str:
    """The list of a namespace."""
    return f"/namespaces/{_part(namespace)}/credentials"


def new_credential(namespace: str) -> str:
    """The form for another one."""
    return f"/namespaces/{_part(namespace)}/new-credential"


def credential(key: ObjectKey, act: str = "") -> str:
    """A credential's page, or the page of something that is done with it."""
    return _act(f"{credentials(key.namespace)}/{_part(key.name)}", act)


def credential_of(token: TokenSummary) -> str:
    """The page of a token's credential."""
    return credential(ObjectKey(token.key.namespace, token.credential))


def new_token(key: ObjectKey) -> str:
    """The form for another token of that credential."""
    return credential(key, "new-token")


def token(key: ObjectKey, act: str = "") -> str:
    """A token's page, or the page of something that is done with it."""
    return _act(f"/namespaces/{_part(key.namespace)}/tokens/{_part(key.name)}", act)


def near(key: ObjectKey, everywhere: bool) -> str:  # noqa: FBT001 - a template's
    """A token, below the list of its namespace or of all: these have a hundred. As an attribute it needs no quotes."""
    return f"{_part(key.namespace)}/{_part(key.name)}" if everywhere else _part(key.name)


def near_credential(key: ObjectKey) -> str:
    """A credential's page, as seen from the list of its namespace."""
    return f"credentials/{_part(key.name)}"


def workloads(namespace: str) -> str:
    """The workload tokens of a namespace."""
    return f"/namespaces/{_part(namespace)}/workload-tokens"


def new_workload(namespace: str) -> str:
    """The form for another one."""
    return f"/namespaces/{_part(namespace)}/new-workload-token"


def workload(key: ObjectKey, act: str = "") -> str:
    """A workload token's page, or the page of something that is done with it."""
    return _act(f"{workloads(key.namespace)}/{_part(key.name)}", act)


def live(namespace: str | None, about: str = "", kinds: Sequence[str] = (), *, since: int = 0) -> str:
    """What tells a page of changes there: of which credential, of which kinds, after which; left out, of all."""
    asked = {"about": about, "of": ",".join(kinds), "since": str(since or "")}
    query = urlencode({name: value for name, value in asked.items() if value}, safe=",")
    return f"{_in_scope(namespace, 'live')}?{query}" if query else _in_scope(namespace, "live")


def overview(namespace: str | None) -> str:
    """What to look at first, in a namespace or everywhere."""
    return _in_scope(namespace, "overview")


def tokens(namespace: str | None, ending: str = "") -> str:
    """All tokens of a namespace or everywhere, as a page or as a file."""
    return _in_scope(namespace, f"tokens{ending}")


def roles(namespace: str) -> str:
    """The catalog of roles, with who holds them as far as is seen from that namespace."""
    return f"/namespaces/{_part(namespace)}/roles"


def role(namespace: str, name: str) -> str:
    """A role's page."""
    return f"{roles(namespace)}/{_part(name)}"


def audit(namespace: str) -> str:
    """What somebody should look at in that namespace."""
    return f"/namespaces/{_part(namespace)}/audit"


def audit_file(namespace: str) -> str:
    """The same as a file."""
    return f"{audit(namespace)}.csv"


def look_up(namespace: str) -> str:
    """Where the token of a found text is looked up."""
    return f"/namespaces/{_part(namespace)}/look-up"


def who_may(namespace: str) -> str:
    """Who may do what in that namespace."""
    return f"/namespaces/{_part(namespace)}/who-may"


def is_namespace(text: str) -> bool:
    """Whether it may name a namespace."""
    return is_label(text)


def _in_scope(namespace: str | None, screen: str) -> str:
    return f"/{screen}" if namespace is None else f"/namespaces/{_part(namespace)}/{screen}"


def _act(path: str, act: str) -> str:
    return f"{path}/{act}" if act else path


def _part(text: str) -> str:
    return quote(text, safe="")
