"""The cluster cache: what it keeps of credentials and roles, and that its handlers hear of each change."""

from dataclasses import dataclass, field

from pharia_access.domain.api_values import InvalidObject
from pharia_access.domain.model import Credential, ObjectKey, Token
from pharia_access.services.operator.changes import TokenChange
from pharia_access.services.operator.cluster_cache import ClusterCache
from tests.support.builders.domain_objects import CREDENTIAL, a_credential, a_role

OTHER_CREDENTIAL = ObjectKey(CREDENTIAL.namespace, "other-bot")


@dataclass
class Heard:
    """A handler that writes down what it is told of credentials and roles."""

    told: list[object] = field(default_factory=list)

    def on_token_changed(self, change: TokenChange) -> None: ...

    def on_token_observed(self, token: Token, change: TokenChange | None, *, listed: bool) -> None: ...

    def on_token_written_too_late(self, token: Token) -> None: ...

    def on_credential_changed(self, before: Credential | None, after: Credential, *, listed: bool) -> None:
        self.told.append((before, after, listed))

    def on_credential_listed(self, key: ObjectKey) -> None:
        self.told.append(("listed", key))

    def on_credential_deleted(self, key: ObjectKey) -> None:
        self.told.append(("deleted", key))

    def on_role_changed(self, name: str) -> None:
        self.told.append(name)

    def on_invalid_object(self, invalid: InvalidObject) -> None: ...


def a_cache() -> tuple[ClusterCache, list[object]]:
    cache, heard = ClusterCache(), Heard()
    cache.subscribe(heard)
    return cache, heard.told


def test_credentials_and_roles_are_kept_as_last_put() -> None:
    cache, told = a_cache()
    old, new = a_credential(), a_credential(resource_version="2")
    role, wider = a_role(allowed_namespaces=frozenset({"finance"})), a_role()

    cache.apply_credential(old)
    cache.apply_credential(new, listed=True)
    cache.apply_role(role)
    cache.apply_role(wider)
    assert cache.credentials.get(CREDENTIAL) == new
    assert tuple(cache.credentials) == (CREDENTIAL,)
    assert cache.catalog == {"studio-user": wider}
    cache.remove_credential(CREDENTIAL)
    cache.remove_role("studio-user")
    assert not cache.credentials
    assert not cache.catalog
    assert told == [
        (None, old, False),
        (old, new, True),
        ("listed", CREDENTIAL),
        *["studio-user"] * 2,
        ("deleted", CREDENTIAL),
        "studio-user",
    ]


def test_a_roles_holders_are_the_credentials_that_name_it_now() -> None:
    cache, _ = a_cache()
    cache.apply_credential(a_credential(roles=("admin", "studio-user")))
    cache.apply_credential(a_credential(OTHER_CREDENTIAL, roles=("studio-user",)))

    assert cache.credentials_with("studio-user") == (CREDENTIAL, OTHER_CREDENTIAL)
    assert cache.credentials_with("admin") == (CREDENTIAL,)
    assert cache.credentials_with("os-user") == ()

    cache.apply_credential(a_credential(roles=("os-user",), resource_version="2"))

    assert cache.credentials_with("admin") == ()
    assert cache.credentials_with("os-user") == (CREDENTIAL,)


def test_a_gone_credential_is_not_brought_back_by_a_late_answer() -> None:
    cache, told = a_cache()
    cache.apply_credential(a_credential())

    with cache.listing():
        cache.remove_credential(CREDENTIAL)
        cache.apply_credential(a_credential(resource_version="2"), listed=True)

    assert cache.credentials.get(CREDENTIAL) is None
    assert told == [(None, a_credential(), False), ("deleted", CREDENTIAL), ("listed", CREDENTIAL)]
