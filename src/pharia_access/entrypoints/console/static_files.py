"""Script, style sheet and icon: under names that hold a hash, so that a browser keeps them for good."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pharia_access.entrypoints.console.rendering import Renderer

__all__ = ["static"]

_FOREVER: Final = "private, max-age=31536000, immutable"


def static(renderer: Renderer) -> Callable[[Request], Awaitable[Response]]:
    """Answers with the file of that name."""

    async def endpoint(request: Request) -> Response:
        asset = renderer.assets.get(request.path_params["file"])
        if asset is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        content, media_type = asset
        return Response(content, media_type=media_type, headers={"Cache-Control": _FOREVER})

    return endpoint
