"""The console's defences, and how each is taken out of a console within the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pharia_access.entrypoints.console import defence, screens
from pharia_access.entrypoints.console.app import Console
from pharia_access.entrypoints.console.opening import OnceKey
from pharia_access.entrypoints.console.pages import credential_changes
from pharia_access.entrypoints.console.rendering import Renderer
from pharia_access.entrypoints.console.sessions import COOKIE
from tests.support.browser import console_here

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from starlette.datastructures import MutableHeaders
    from starlette.responses import Response

    from pharia_access.entrypoints.console.sessions import Session

__all__ = ["TAKEN_OUT"]


class _Anything:
    """Holds whatever is looked for."""

    def __contains__(self, _: object) -> bool:
        return True


def _the_host(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(console_here, "hosts_of", lambda _port: _Anything())


def _the_origin(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(defence, "SAFE_METHODS", {"GET", "HEAD", "POST"})


def _the_path_of_the_cookie(patch: pytest.MonkeyPatch) -> None:
    def signed_in(_: Console, response: Response, session: Session) -> Response:
        response.set_cookie(COOKIE, session.key, path="/", httponly=True, samesite="strict")
        return response

    patch.setattr(Console, "signed_in", signed_in)


def _key_once(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OnceKey, "over", property(lambda _: False))


def _the_header_of_our_script(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(screens, "BY_SCRIPT", frozenset())


def _no_frames(patch: pytest.MonkeyPatch) -> None:
    _without_header("X-Frame-Options")(patch)
    patch.setattr(defence, "_POLICY", defence._POLICY.replace("; frame-ancestors 'none'", ""))


def _escaping(patch: pytest.MonkeyPatch) -> None:
    made = Renderer.__init__

    def init(renderer: Renderer, base: str) -> None:
        made(renderer, base)
        renderer._environment.autoescape = False

    patch.setattr(Renderer, "__init__", init)


def _escaping_and_the_policy(patch: pytest.MonkeyPatch) -> None:
    _escaping(patch)
    patch.setattr(defence, "_POLICY", "default-src 'self' 'unsafe-inline'")


def _trusted_types(patch: pytest.MonkeyPatch) -> None:
    policy = defence._POLICY.replace("require-trusted-types-for 'script'; trusted-types 'none'; ", "")
    patch.setattr(defence, "_POLICY", policy)


def _wiping_and_reloading(patch: pytest.MonkeyPatch) -> None:
    guarded = defence._guard

    def guard(headers: MutableHeaders, nonce: str) -> None:
        guarded(headers, nonce)
        del headers["Cache-Control"]

    patch.setattr(defence, "_guard", guard)  # what is not to be stored may be kept out of that cache, by some browsers
    _without_lines('addEventListener("pagehide", wipe', 'addEventListener("pageshow", (event)')(patch)


def _facts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(credential_changes, "facts_mark", lambda *_: "the same")


def _without_header(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    left = {other: value for other, value in defence._ALWAYS.items() if other != name}
    return lambda patch: patch.setattr(defence, "_ALWAYS", left)


def _without_lines(*beginnings: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Without those lines of the script."""

    def take_out(patch: pytest.MonkeyPatch) -> None:
        kept = Renderer._kept

        def changed(renderer: Renderer, name: str) -> str:
            hashed = kept(renderer, name)
            content, kind = renderer.assets[hashed]
            lines = content.decode().splitlines()
            left = [line for line in lines if not line.strip().startswith(beginnings)]
            assert name != "console.js" or len(left) == len(lines) - len(beginnings)
            renderer.assets[hashed] = ("\n".join(left).encode(), kind)
            return hashed

        patch.setattr(Renderer, "_kept", changed)

    return take_out


TAKEN_OUT: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the Host is ours": _the_host,
    "the Origin is ours": _the_origin,
    "the cookie has the console's path": _the_path_of_the_cookie,
    "the key opens once": _key_once,
    "the secret is for our script": _the_header_of_our_script,
    "no page frames ours": _no_frames,
    "texts are escaped": _escaping,
    "the policy lets no script in": _escaping_and_the_policy,
    "no text becomes HTML": _trusted_types,
    "no window is kept by its opener": _without_header("Cross-Origin-Opener-Policy"),
    "no other page loads our files": _without_header("Cross-Origin-Resource-Policy"),
    "a page that is left has no secret": _wiping_and_reloading,
    "a confirmation is of what was shown": _facts,
}
"""By what each defence sees to."""
