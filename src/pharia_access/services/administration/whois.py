"""Everything about a token that somebody found: what it can do, its life, and who may read its one-time Secret."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from pharia_access.domain.administration.judged import UNSEEN, Unseen, judged
from pharia_access.domain.administration.next_steps import CreateToken, RevokeToken, Step
from pharia_access.domain.administration.secret_readers import Bindings, Reader, SecretReaders, readers_of
from pharia_access.domain.administration.summaries import CredentialSummary, TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.domain.permissions import EffectiveRoles, effective
from pharia_access.errors import ForbiddenError, NotFoundError
from pharia_access.services.administration.context import Context
from pharia_access.services.administration.queries import catalog_of, role_index

__all__ = ["AccessReader", "Dossier", "examine", "readers_in_words", "roles_in_words"]


class AccessReader(Protocol):
    """RBAC, with the rights of whoever asks."""

    async def read_bindings(self, namespace: str) -> Bindings:
        """Return the bindings that count in the namespace, and which resources may not be listed."""
        ...


@dataclass(frozen=True, slots=True)
class Dossier:
    """A token, with everything around it.

    Attributes:
        credential: None where there is none of that name; `Unseen` where it may not be read.
        roles: those of the credential as they are now; None where they cannot be known.
        readers: who may read its one-time Secret; None where the token never had one.
    """

    token: TokenSummary
    credential: CredentialSummary | Unseen | None
    roles: EffectiveRoles | None
    readers: SecretReaders | None

    @property
    def next_steps(self) -> tuple[Step, ...]:
        """What to do about it."""
        token = self.token
        over = token.deleting or token.revoked or token.phase in {"Expired", "Revoked", "Failed"}
        again = CreateToken(ObjectKey(token.key.namespace, token.credential))
        return (again,) if over else (RevokeToken(token.key), again)


async def examine(context: Context, access: AccessReader, token: TokenSummary) -> Dossier:
    """Gather all that may be read; what may not is left open."""
    credential = await _credential(context, ObjectKey(token.key.namespace, token.credential))
    secret = token.secret_name
    bindings = await access.read_bindings(token.key.namespace) if secret else None
    return Dossier(
        token=judged(token, credential, context.clock.now()),
        credential=credential,
        roles=await _roles(context, credential),
        readers=None if bindings is None else readers_of(secret, bindings),
    )


def roles_in_words(dossier: Dossier) -> str:
    """The roles that count for the token, or why they are not known."""
    credential = dossier.credential
    if credential is None:
        return f"none: the credential {dossier.token.credential} does not exist"
    if isinstance(credential, Unseen):
        return "you may not read the credential"
    if dossier.roles is None:
        return f"{', '.join(credential.roles)} (you may not read roles)"
    return ", ".join(dossier.roles.roles) or "none that grants anything"


def readers_in_words(found: SecretReaders) -> Iterator[str]:
    """Each who may read the Secret, and who else may, as far as is known."""
    yield from map(_reader, found.readers)
    if found.of_kubernetes:
        yield f"Parts of Kubernetes itself: {found.of_kubernetes}"
    if found.unseen:
        yield f"Perhaps others: you may not list {', '.join(found.unseen)}"


def _reader(reader: Reader) -> str:
    doubt = "" if reader.certain else ", which you may not read"
    return f"{reader.subject} ({reader.role} by {reader.label}{doubt})"


async def _credential(context: Context, key: ObjectKey) -> CredentialSummary | Unseen | None:
    try:
        return (await context.objects.read(CredentialSummary, key)).summary
    except ForbiddenError:
        return UNSEEN
    except NotFoundError:
        return None


async def _roles(context: Context, credential: CredentialSummary | Unseen | None) -> EffectiveRoles | None:
    if not isinstance(credential, CredentialSummary):
        return None
    try:
        catalog = role_index(await catalog_of(context))
    except ForbiddenError:
        return None
    return effective(credential.roles, catalog, namespace=credential.key.namespace)
