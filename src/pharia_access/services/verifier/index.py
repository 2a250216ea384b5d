"""The verifier's copy of the cluster: every issued token by its ID, the credentials, and the catalog of roles.

Watches fill the index, and requests read it, from one event loop. A changed credential or role replaces one entry, and
counts from the next request on. The index prepares a role when the role changes. It resolves a credential's roles, at
most 16, at the credential's next request.
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
        """A counter of changes. While it stays the same, everything that a verdict rests on stays the same."""

    def find(self, token_id: str) -> IssuedToken | None:
        """Return the token of that ID; None if there is none, or if several objects claim the ID."""
        return self._by_id.get(token_id)

    def is_shared(self, token_id: str) -> bool:
        """Tell whether several objects claim that ID."""
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
        """Return the number of objects of each kind. Tokens that are not minted do not count."""
        return {"ApiToken": len(self._tokens), "ApiCredential": len(self._credentials), "ApiRole": len(self._roles)}

    @property
    def shared_ids(self) -> int:
        """The number of IDs that several objects claim."""
        return len(self._sharing)

    def note_other_change(self) -> None:
        """Note a change of what is not here and verdicts rest on, as the keys of an issuer."""
        self.changes += 1

    def put_token(self, token: IssuedToken) -> None:
        """Replace the token of that name. A text that this process verified for the same hash stays verified."""
        self.changes += 1
        before = self._drop_token(token.key)
        token.credential_key = intern(token.credential_key)
        token.credential_uid = intern(token.credential_uid)
        if before is not None and before.uid == token.uid and before.hash == token.hash:
            token.own_mac, token.noted = before.own_mac, before.noted
        self._tokens[token.key] = token
        self._claim(token)

    def put_credential_record(self, credential: CredentialRecord) -> None:
        """Replace the credential of that name."""
        self.changes += 1
        self._credentials[credential.key] = credential
        self._effective.pop(credential.key, None)

    def put_role(self, role: Role) -> None:
        """Replace the role of that name, and prepare it here, so that no request has to."""
        self.changes += 1
        _ = role.granting
        self._roles[role.name] = role
        self._effective.clear()

    def drop(self, kind: Kind, key: str) -> None:
        """Remove an object that is gone, or that can no longer be decoded."""
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
            case "WorkloadToken":
                pass  # no verdict rests on one, so none is watched

    def keep_only(self, kind: Kind, keys: Collection[str], *, namespace: str | None = None) -> None:
        """Remove every object of that kind, in that namespace or everywhere, that a full list did not show."""
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
