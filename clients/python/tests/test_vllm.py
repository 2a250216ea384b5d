"""The class for vLLM, started as `vllm serve --middleware` starts it."""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.testclient import TestClient

if TYPE_CHECKING:
    import pytest

    from pharia_access_client.fake_verifier import FakeVerifier

_NAME = "pharia_access_client.vllm.VllmAccess"


def as_vllm_does(app: FastAPI, name: str) -> None:
    """Add a middleware by its import path, in the words of vLLM's `api_server`."""
    module_path, object_name = name.rsplit(".", 1)
    imported = getattr(importlib.import_module(module_path), object_name)
    assert inspect.isclass(imported)
    app.add_middleware(imported)


def test_a_server_of_vllm_is_for_those_who_may_use_its_model(
    fake_verifier: FakeVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHARIA_ACCESS_REQUIREMENTS", "permission=AccessModel;model=small")
    monkeypatch.setenv("PHARIA_ACCESS_OPEN_PATHS", "/health /metrics")
    monkeypatch.setenv("PHARIA_ACCESS_TOKEN_HEADERS", "x-api-key")
    app = FastAPI()
    app.get("/health")(lambda: "ok")
    app.get("/v1/models")(lambda: ["small"])
    as_vllm_does(app, _NAME)
    token = fake_verifier.issue(permissions=[{"permission": "AccessModel", "model": "small"}])

    with TestClient(app) as client:
        told = [
            client.get("/health").status_code,
            client.get("/v1/models").status_code,
            client.get("/v1/models", headers=token.headers).status_code,
            client.get("/v1/models", headers={"x-api-key": token.text}).status_code,
            client.get("/v1/models", headers=fake_verifier.issue().headers).status_code,
        ]

    assert told == [200, 401, 200, 200, 403]
