"""What is gathered about a token that somebody found: as far as one may read it, and what may not be is left open."""

from __future__ import annotations

import pytest

from pharia_access.domain.administration.judged import UNSEEN
from pharia_access.domain.administration.next_steps import CreateToken, RevokeToken
from pharia_access.domain.administration.secret_readers import AccessRule, Binding, Bindings, Subject
from pharia_access.domain.administration.summaries import TokenSummary
from pharia_access.domain.model import ObjectKey
from pharia_access.services.administration.whois import Dossier, examine, readers_in_words, roles_in_words
from tests.support.administration.contexts import context_of
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.fake_rights import FakeRights
from tests.support.administration.stored_bodies import an_active_token, minted_status
from tests.support.builders.domain_objects import CREDENTIAL, NOW, TOKEN
from tools.control_plane.resources import api_credential, api_role, api_token

READ = AccessRule(("",), ("secrets",), ("get",))
BINDINGS = Bindings((Binding("RoleBinding team", "ClusterRole edit", (Subject("Group", "finance"),), (READ,)),))


def a_cluster(*forbidden: str) -> FakeObjects:
    token = {**api_token("finance", "ci"), "status": minted_status(NOW, "ci-token", "s")}
    return FakeObjects(forbidden=set(forbidden)).put(api_role(), api_credential("finance"), token)


async def examined(objects: FakeObjects) -> Dossier:
    context = context_of(objects)
    token = (await context.objects.read(TokenSummary, TOKEN)).summary
    return await examine(context, FakeRights(bindings=BINDINGS), token)


async def test_all_that_may_be_read_is_gathered() -> None:
    dossier = await examined(a_cluster())

    assert dossier.roles is not None
    assert (dossier.roles.roles, roles_in_words(dossier)) == (("studio-user",), "studio-user")
    assert dossier.readers is not None
    assert list(readers_in_words(dossier.readers)) == ["Group finance (ClusterRole edit by RoleBinding team)"]
    assert dossier.next_steps == (RevokeToken(TOKEN), CreateToken(CREDENTIAL))


@pytest.mark.parametrize(
    ("forbidden", "words"),
    [
        ("get ApiCredential", "you may not read the credential"),
        ("list all ApiRole", "studio-user (you may not read roles)"),
    ],
)
async def test_roles_that_may_not_be_read_are_left_open(forbidden: str, words: str) -> None:
    dossier = await examined(a_cluster(forbidden))

    assert dossier.roles is None
    assert (dossier.credential is UNSEEN) == (forbidden == "get ApiCredential")
    assert roles_in_words(dossier) == words


async def test_a_token_whose_credential_is_gone_has_no_roles() -> None:
    objects = a_cluster()
    del objects.bodies["ApiCredential", "finance", CREDENTIAL.name]

    dossier = await examined(objects)

    assert (dossier.credential, dossier.roles) == (None, None)
    assert roles_in_words(dossier) == "none: the credential invoice-bot does not exist"


async def test_of_a_token_that_never_had_a_secret_no_reader_is_looked_for() -> None:
    dossier = await examined(a_cluster().put(an_active_token(api_token("finance", "ci"))))

    assert dossier.readers is None


async def test_a_token_that_is_over_need_not_be_revoked() -> None:
    objects = a_cluster()
    objects.body("ApiToken", "ci")["spec"]["revoked"] = True

    dossier = await examined(objects)

    assert dossier.next_steps == (CreateToken(ObjectKey("finance", "invoice-bot")),)
