"""The console's own addresses, below its random folder. What is a name in them has passed the schema's pattern."""

from urllib.parse import quote

from pharia_access.domain.administration.names import LONGEST_NAME, is_label, is_subdomain
from pharia_access.domain.model import ObjectKey

__all__ = [
    "credential",
    "credentials",
    "is_namespace",
    "is_object_name",
    "new_credential",
    "new_token",
    "overview",
    "token",
    "tokens",
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


def new_token(key: ObjectKey) -> str:
    """The form for another token of that credential."""
    return credential(key, "new-token")


def token(key: ObjectKey, act: str = "") -> str:
    """A token's page, or the page of something that is done with it."""
    return _act(f"/namespaces/{_part(key.namespace)}/tokens/{_part(key.name)}", act)


def overview(namespace: str | None) -> str:
    """What to look at first, in a namespace or everywhere."""
    return _in_scope(namespace, "overview")


def tokens(namespace: str | None, ending: str = "") -> str:
    """All tokens of a namespace or everywhere, as a page or as a file."""
    return _in_scope(namespace, f"tokens{ending}")


def is_namespace(text: str) -> bool:
    """Whether it may name a namespace."""
    return is_label(text)


def _in_scope(namespace: str | None, screen: str) -> str:
    return f"/{screen}" if namespace is None else f"/namespaces/{_part(namespace)}/{screen}"


def _act(path: str, act: str) -> str:
    return f"{path}/{act}" if act else path


def _part(text: str) -> str:
    return quote(text, safe="")
