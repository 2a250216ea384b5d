"""A service with one websocket: `uvicorn websocket_service:app`."""

from fastapi import FastAPI, WebSocket

from pharia_access_client import Access, caller_of
from pharia_access_client.settings import verifier_from

app = FastAPI()
app.add_middleware(Access, verifier=verifier_from(), requirements={"/": "role=user"}, open_paths=["/health"])


@app.get("/health")
async def health() -> str:
    """Tell that it runs."""
    return "ok"


@app.websocket("/talk")
async def talk(websocket: WebSocket) -> None:
    """Tell who calls, and which headers came along."""
    await websocket.accept()
    caller = caller_of(websocket.scope)
    assert caller is not None
    await websocket.send_json([caller.identity.credential, "authorization" in websocket.headers])
    await websocket.close()
