"""Calls by the unmodified SDKs of LLM APIs: run by the Python of requirements/llm-clients.txt, and imports no more.

Reads rows of JSON, `{"sdk": NAME, "url": BASE, "key": TOKEN or null}`; writes what came of each, in one word.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import anthropic
import openai

if TYPE_CHECKING:
    from collections.abc import Callable

_MESSAGES: Any = [{"role": "user", "content": "hello"}]
_SURE: Any = {"max_retries": 0, "timeout": 10}


def _openai(url: str, key: str | None) -> str:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key=key or "none", **_SURE)
    done = client.chat.completions.create(model="foo", messages=_MESSAGES, extra_headers=_without("Authorization", key))
    return str(done.choices[0].message.content)


def _openai_stream(url: str, key: str | None) -> str:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key=key or "none", **_SURE)
    asked: Any = {"model": "foo", "messages": _MESSAGES, "extra_headers": _without("Authorization", key)}
    return "".join(
        piece.choices[0].delta.content or "" for piece in client.chat.completions.create(stream=True, **asked)
    )


def _without(header: str, key: str | None) -> Any:  # noqa: ANN401 - what the SDKs take in a header's place
    return {header: openai.Omit()} if key is None else None


def _azure(url: str, key: str | None) -> str:
    headers = {"default_headers": {"api-key": ""}} if key is None else {}
    client = openai.AzureOpenAI(azure_endpoint=url, api_version="2024-10-21", api_key=key or "none", **headers, **_SURE)
    done = client.chat.completions.create(model="foo", messages=_MESSAGES)
    return str(done.choices[0].message.content)


def _anthropic(url: str, key: str | None) -> str:
    headers = {"default_headers": {"X-Api-Key": anthropic.Omit()}} if key is None else {}
    client = anthropic.Anthropic(base_url=url, api_key=key or "none", **headers, **_SURE)
    done = client.messages.create(model="foo", max_tokens=10, messages=_MESSAGES)
    return str(done.content[0].text)


_CALLS: dict[str, Callable[[str, str | None], str]] = {
    "openai": _openai,
    "openai, streaming": _openai_stream,
    "azure": _azure,
    "anthropic": _anthropic,
}


def outcome(sdk: str, url: str, key: str | None) -> str:
    """What the SDK returns, or the status with its exception's name."""
    try:
        return _CALLS[sdk](url, key)
    except (openai.APIStatusError, anthropic.APIStatusError) as error:
        return f"{error.status_code} {type(error).__name__}"
    except (openai.APIError, anthropic.APIError, TypeError) as error:
        return f"{type(error).__name__}: {error}: {error.__cause__}"


if __name__ == "__main__":
    told = [outcome(**row) for row in json.load(sys.stdin)]
    json.dump({"told": told, "openai": openai.__version__, "anthropic": anthropic.__version__}, sys.stdout)
