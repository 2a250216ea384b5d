"""What the verifier knows of the cluster: every issued token by its ID, its credentials, the catalog of roles.

Filled by watches, asked by requests, from one event loop. A change of a credential or of a role is one entry
replaced, and counts from the next request on. What it takes to ask a role is worked out with the role's change; what a
credential's roles come to, at its next request: that is a list of at most 16.
"""

from collections.abc import Collection
from sys import intern

from pharia_access.domain.api_values import Kind
from pharia_access.domain.permissions import EffectiveRoles, Role, effective
from pharia_access.domain.verdict import CredentialRecord, IssuedToken

__all__ = ["Index"]


class Index:
    """Tokens, credentials and roles by name, and tokens by ID. Keys are `namespace/name`, a role's is its name."""

    def __init__(self) -> None:
        self._tokens: dict[str, IssuedToken] = {}
        self._by_id: dict[str, IssuedToken] = {}
        self._sharing: dict[str, dict[str, IssuedToken]] = {}
        self._credentials: dict[str, CredentialRecord] = {}
        self._roles: dict[str, Role] = {}
        self._effective: dict[str, EffectiveRoles] = {}
        self.changes = 0
        """How often anything changed; it only grows. While it does not, everything here is as it was."""

    def find(self, token_id: str) -> IssuedToken | None:
        """The token of that ID; None if there is none, or if several claim it."""
        return self._by_id.get(token_id)

    def is_shared(self, token_id: str) -> bool:
        """Whether several objects claim that ID."""
        return token_id in self._sharing

    def credential(self, key: str) -> CredentialRecord | None:
        """Return the credential of that key as it is now."""
        return self._credentials.get(key)

    def effective_roles(self, credential: CredentialRecord) -> EffectiveRoles:
        """Return the roles that the credential has now. The first request after a change resolves them."""
        key = credential.key
        known = self._effective.get(key)
        if known is None:
            known = effective(credential.roles, self._roles, namespace=credential.namespace)
            self._effective[key] = known
        return known

    def sizes(self) -> dict[Kind, int]:
        """How many objects of each kind are known; tokens that are not minted are none."""
        return {"ApiToken": len(self._tokens), "ApiCredential": len(self._credentials), "ApiRole": len(self._roles)}

    @property
    def shared_ids(self) -> int:
        """How many IDs are claimed by several objects."""
        return len(self._sharing)

    def put_token(self, token: IssuedToken) -> None:
        """Keep a token in place of what has its name. What this process proved of the same hash stays proved."""
        self.changes += 1
        before = self._drop_token(token.key)
        token.credential_key = intern(token.credential_key)
        token.credential_uid = intern(token.credential_uid)
        if before is not None and before.uid == token.uid and before.hash == token.hash:
            token.own_mac, token.noted = before.own_mac, before.noted
        self._tokens[token.key] = token
        self._claim(token)

    def put_credential_record(self, credential: CredentialRecord) -> None:
        """Keep a credential in place of what has its name."""
        self.changes += 1
        self._credentials[credential.key] = credential
        self._effective.pop(credential.key, None)

    def put_role(self, role: Role) -> None:
        """Keep a role in place of what has its name, ready to be asked, so that no request waits for that."""
        self.changes += 1
        _ = role.granting
        self._roles[role.name] = role
        self._effective.clear()

    def drop(self, kind: Kind, key: str) -> None:
        """Forget what is gone, or can no longer be understood."""
        self.changes += 1
        match kind:
            case "ApiToken":
                self._drop_token(key)
            case "ApiCredential":
                self._credentials.pop(key, None)
                self._effective.pop(key, None)
            case "ApiRole":
                self._roles.pop(key, None)
                self._effective.clear()

    def keep_only(self, kind: Kind, keys: Collection[str], *, namespace: str | None = None) -> None:
        """Forget everything of that kind, in that namespace or everywhere, that a full list did not show."""
        within = "" if namespace is None else f"{namespace}/"
        known: dict[Kind, Collection[str]] = {
            "ApiToken": self._tokens,
            "ApiCredential": self._credentials,
            "ApiRole": self._roles,
        }
        for key in [key for key in known[kind] if key.startswith(within) and key not in keys]:
            self.drop(kind, key)

    def _claim(self, token: IssuedToken) -> None:
        sharing = self._sharing.get(token.token_id)
        first = self._by_id.pop(token.token_id, None)
        if sharing is None and first is None:
            self._by_id[token.token_id] = token
            return
        if sharing is None:
            sharing = self._sharing[token.token_id] = {}
        for claimant in (first, token):
            if claimant is not None:
                sharing[claimant.key] = claimant

    def _drop_token(self, key: str) -> IssuedToken | None:
        token = self._tokens.pop(key, None)
        if token is None:
            return None
        sharing = self._sharing.get(token.token_id)
        if sharing is None:
            del self._by_id[token.token_id]
            return token
        del sharing[key]
        if len(sharing) == 1:
            del self._sharing[token.token_id]
            self._by_id[token.token_id] = next(iter(sharing.values()))
        return token
