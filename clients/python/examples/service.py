"""A service that checks tokens: `uvicorn service:app`, with PHARIA_ACCESS_VERIFIER_URL in the environment."""

from typing import Annotated

from fastapi import Body, Depends, FastAPI

from pharia_access_client import Access, Caller, permission
from pharia_access_client.fastapi import require
from pharia_access_client.settings import verifier_from

app = FastAPI()
app.add_middleware(Access, verifier=verifier_from(), open_paths=["/health"])


@app.get("/health")
async def health() -> str:
    """Tell a kubelet that the service runs; no token is needed."""
    return "ok"


@app.get("/me")
async def me(caller: Annotated[Caller, Depends(require())]) -> dict[str, object]:
    """Tell who calls."""
    return {"credential": caller.identity.credential, "roles": caller.identity.roles}


@app.get("/settings")
async def settings(_caller: Annotated[Caller, Depends(require("role=admin"))]) -> str:
    """Answer to administrators only."""
    return "settings"


@app.post("/complete")
async def complete(model: Annotated[str, Body(embed=True)], caller: Annotated[Caller, Depends(require())]) -> str:
    """Answer to those who may use the model that the body names."""
    await caller.require(permission("AccessModel", model=model))
    return "completed"
