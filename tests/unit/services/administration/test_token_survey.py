"""All tokens of a namespace or of the cluster: judged, with their roles, as far as one may look."""

from __future__ import annotations

from typing import Any

import pytest

from pharia_access.domain.administration.token_inventory import TokenRow
from pharia_access.domain.administration.token_states import TokenState, state_of
from pharia_access.errors import ForbiddenError
from pharia_access.services.administration.plans import BlockedError
from pharia_access.services.administration.token_survey import TokenSurvey, survey_tokens
from tests.support.administration.contexts import context_of
from tests.support.administration.fake_objects import FakeObjects
from tests.support.administration.stored_bodies import an_active_token
from tests.support.builders.domain_objects import NOW
from tools.control_plane.resources import api_credential, api_token

MINTED: dict[str, Any] = {
    "tokenID": "q7c3q7c3q7c3q7c3",
    "hash": "x",
    "credential": {"name": "invoice-bot", "uid": "uid-c"},
}


def a_cluster() -> FakeObjects:
    """A suspended credential and a good one of the same name in two namespaces, each with a token."""
    credentials = [
        api_credential("finance", roles=["studio-user"], suspended=True),
        api_credential("hr", roles=["hr-user"]),
    ]
    for credential in credentials:
        credential["metadata"]["uid"] = "uid-c"
    tokens = [an_active_token(api_token(namespace, "ci"), **MINTED) for namespace in ("hr", "finance")]
    tokens[0]["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "app"}
    return FakeObjects().put(*credentials, *tokens)


def states(survey: TokenSurvey) -> list[tuple[str, TokenState]]:
    return [(row.token.key.namespace, state_of(row.token, NOW)) for row in survey.rows]


async def test_the_whole_cluster_is_read_by_namespace_and_name_each_token_with_its_own_credential() -> None:
    survey = await survey_tokens(context_of(a_cluster()), everywhere=True)

    assert states(survey) == [("finance", TokenState.SUSPENDED), ("hr", TokenState.ACTIVE)]
    assert [(row.roles, row.token.git) for row in survey.rows] == [(("studio-user",), ""), (("hr-user",), "Argo CD")]
    assert (survey.namespace, survey.suspended, survey.read_at, survey.nothing) == (None, 1, NOW, None)


async def test_one_namespace_is_read_alone() -> None:
    objects = a_cluster()
    objects.forbidden |= {"list all ApiToken", "list all ApiCredential"}

    survey = await survey_tokens(context_of(objects))

    assert states(survey) == [("finance", TokenState.SUSPENDED)]


async def test_without_credentials_roles_are_unknown_and_what_the_operator_noted_counts() -> None:
    objects = a_cluster()
    objects.forbidden.add("list ApiCredential")

    survey = await survey_tokens(context_of(objects))

    assert states(survey) == [("finance", TokenState.ACTIVE)]
    assert [row.roles for row in survey.rows] == [None]
    assert survey.unseen is not None


async def test_a_token_without_its_credential_has_no_roles_and_is_refused() -> None:
    objects = FakeObjects().put(an_active_token(api_token("finance", "ci"), **MINTED))

    survey = await survey_tokens(context_of(objects))

    assert [(row.roles, state_of(row.token, NOW)) for row in survey.rows] == [(None, TokenState.REFUSED)]


async def test_who_may_not_list_tokens_is_refused_before_anything_else_is_read() -> None:
    objects = a_cluster()
    objects.forbidden.add("list all ApiToken")

    with pytest.raises(ForbiddenError):
        await survey_tokens(context_of(objects), everywhere=True)


async def test_an_empty_list_says_how_certain_that_is() -> None:
    survey = await survey_tokens(context_of(FakeObjects(namespaces=None)))

    assert survey.rows == tuple[TokenRow]()
    assert survey.nothing is not None
    assert not survey.nothing.certain
    with pytest.raises(BlockedError, match='There is no namespace "finance"'):
        await survey_tokens(context_of(FakeObjects(namespaces=set())))
