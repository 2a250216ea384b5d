"""LiteLLM with `custom_auth`: a model is answered to whose token may use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from openai import AuthenticationError, OpenAI, PermissionDeniedError
from processes import PROGRAMS, Server, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openai.types.chat import ChatCompletionUserMessageParam

    from pharia_access_client.fake_verifier import FakeToken, FakeVerifier

_CONFIG = """\
model_list:
  - {model_name: small, litellm_params: {model: openai/small, api_key: none, mock_response: from small}}
  - {model_name: large, litellm_params: {model: openai/large, api_key: none, mock_response: from large}}
general_settings:
  custom_auth: pharia_access_client.litellm.user_api_key_auth
"""


@pytest.fixture(scope="module")
def litellm(verifier: FakeVerifier, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running LiteLLM."""
    folder = tmp_path_factory.mktemp("litellm")
    (folder / "config.yaml").write_text(_CONFIG)
    env = {
        "PHARIA_ACCESS_VERIFIER_URL": verifier.url,
        "PHARIA_ACCESS_TIMEOUT": "30",
        "LITELLM_MASTER_KEY": "sk-made-up",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    command = [str(PROGRAMS / "litellm"), "--config", "config.yaml", "--port", "PORT", "--host", "127.0.0.1"]
    with served([*command, "--detailed_debug"], folder, env, "/health/liveliness") as running:
        yield running


@pytest.fixture
def token(verifier: FakeVerifier) -> FakeToken:
    """A token for the small model."""
    return verifier.issue(permissions=[{"permission": "AccessModel", "model": "small"}])


def chat(
    litellm: Server, headers: dict[str, str], path: str = "/v1/chat/completions", **body: object
) -> httpx.Response:
    message = {"messages": [{"role": "user", "content": "hello"}], "model": "small", **body}
    sent = {key: value for key, value in message.items() if value is not None}
    return httpx.post(f"{litellm.url}{path}", json=sent, headers=headers, timeout=60, trust_env=False)


def test_a_model_that_the_token_may_use_answers(litellm: Server, token: FakeToken) -> None:
    answer = chat(litellm, token.headers)

    assert (answer.status_code, answer.json()["choices"][0]["message"]["content"]) == (200, "from small")


@pytest.mark.parametrize("name", ["x-api-key", "api-key", "x-goog-api-key"])
def test_the_token_may_come_where_an_sdk_puts_it(name: str, litellm: Server, token: FakeToken) -> None:
    assert chat(litellm, {name: token.text}).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("/v1/chat/completions", {"model": "large"}, id="another model"),
        pytest.param("/v1/chat/completions", {"model": "small,large"}, id="two models in one"),
        pytest.param("/v1/chat/completions", {"model": ["small", "large"]}, id="a list of models"),
        pytest.param("/v1/chat/completions", {"model": None}, id="no model"),
        pytest.param("/v1/chat/completions", {"fallbacks": ["large"]}, id="a fallback of the client's"),
        pytest.param("/v1/chat/completions?model=large", {"model": None}, id="a model in the query"),
        pytest.param("/v1/messages", {"model": "large", "max_tokens": 5}, id="the API of Anthropic"),
        pytest.param("/v1/embeddings", {"model": "large", "input": "x"}, id="embeddings"),
        pytest.param("/openai/deployments/large/chat/completions", {"model": None}, id="the API of Azure"),
        pytest.param("/openai/deployments/large/chat/completions", {"model": "small"}, id="two models in two places"),
        pytest.param("/engines/large/chat/completions", {"model": "small"}, id="the same, older"),
        pytest.param("/v1/chat/completions?model=large", {}, id="another model in the query"),
        pytest.param("/v1/chat/completions", {"extra_body": {"model": "large"}}, id="another model for the vendor"),
        pytest.param("/v1/chat/completions", {"models": ["large"]}, id="a list of models beside"),
        pytest.param("/openai/v1/chat/completions", {"model": "large"}, id="passed through to a vendor"),
        pytest.param("/key/generate", {}, id="administration"),
        pytest.param("/model/new", {}, id="a new model"),
        pytest.param("/config/update", {}, id="configuration"),
        pytest.param("/v1/models", {}, id="a list, by POST"),
    ],
)
def test_what_names_another_model_or_none_is_refused(
    path: str, body: dict[str, object], litellm: Server, token: FakeToken
) -> None:
    answer = chat(litellm, token.headers, path, **body)

    assert "from large" not in answer.text
    assert answer.status_code in {403, 404, 405}, answer.text


def test_a_token_for_every_model_may_name_none_and_have_fallbacks(litellm: Server, verifier: FakeVerifier) -> None:
    headers = verifier.issue(permissions=[{"permission": "AccessModel", "model": "*"}]).headers

    assert chat(litellm, headers, model="large").status_code == 200
    assert chat(litellm, headers, fallbacks=["large"]).status_code == 200


def test_the_list_of_models_needs_a_good_token(litellm: Server, token: FakeToken) -> None:
    url = f"{litellm.url}/v1/models"

    assert httpx.get(url, headers=token.headers, timeout=30, trust_env=False).status_code == 200
    assert httpx.get(url, headers={"Authorization": "Bearer x"}, timeout=30, trust_env=False).status_code == 401


def test_a_revoked_token_is_refused_by_the_next_request(
    litellm: Server, token: FakeToken, verifier: FakeVerifier
) -> None:
    assert chat(litellm, token.headers).status_code == 200
    verifier.revoke(token)
    assert chat(litellm, token.headers).status_code == 401


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer sk-made-up"}, {"x-api-key": "nonsense"}]
)
def test_no_token_a_bad_one_and_the_key_of_the_administrator_are_refused(
    headers: dict[str, str], litellm: Server
) -> None:
    answer = chat(litellm, headers)

    assert answer.status_code == 401
    assert answer.headers.get("WWW-Authenticate", "").startswith("Bearer")


def test_the_sdk_of_openai_says_what_is_wrong(litellm: Server, token: FakeToken) -> None:
    client = OpenAI(base_url=f"{litellm.url}/v1", api_key=token.text, max_retries=0, timeout=60)
    message: ChatCompletionUserMessageParam = {"role": "user", "content": "hello"}

    answer = client.chat.completions.create(model="small", messages=[message])
    with pytest.raises(PermissionDeniedError):
        client.chat.completions.create(model="large", messages=[message])
    with pytest.raises(AuthenticationError):
        client.with_options(api_key="nonsense").chat.completions.create(model="small", messages=[message])

    assert answer.choices[0].message.content == "from small"


def test_two_tokens_are_refused(litellm: Server, token: FakeToken, verifier: FakeVerifier) -> None:
    other = verifier.issue(permissions=[{"permission": "AccessModel", "model": "*"}])

    assert chat(litellm, {**token.headers, "x-api-key": other.text}).status_code == 400


def test_a_verifier_that_cannot_tell_is_503(litellm: Server, token: FakeToken, verifier: FakeVerifier) -> None:
    verifier.failing = 503
    answer = chat(litellm, token.headers)

    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "1")


def test_no_log_of_litellm_holds_a_token_that_came_alone(litellm: Server, token: FakeToken) -> None:
    chat(litellm, token.headers)
    chat(litellm, token.headers, model="large")

    assert token.text not in litellm.log
