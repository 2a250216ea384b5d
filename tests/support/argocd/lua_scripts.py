"""Runs Lua scripts as Argo CD does: Lua 5.1, the object as `obj`, and no libraries but those that Argo CD opens.

Argo CD opens `base`, `package`, `table` and of `os` what is safe, for scripts of its ConfigMap; see its util/lua.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from lupa import lua51

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CUSTOMIZATIONS", "Json", "health", "load", "run"]

CUSTOMIZATIONS = Path(__file__).resolve().parents[3] / "argocd" / "resource_customizations" / "access.pharia.ai"

Json = dict[str, Any]

_CLOSE_LIBRARIES = """
getmetatable("").__index = nil  -- no ("text"):lower()
for _, name in ipairs({"coroutine", "debug", "io", "math", "string", "python"}) do
  _G[name] = nil
  package.loaded[name] = nil
end
os = {time = os.time, date = os.date}
package.loaded.os = os
"""


def run(script: str, obj: Json) -> Any:  # noqa: ANN401 - what a script returns is JSON
    """What the script returns. Raises lua51.LuaError."""
    lua = lua51.LuaRuntime(register_eval=False, register_builtins=False)
    lua.execute(_CLOSE_LIBRARIES)
    lua.globals().obj = lua.table_from(obj, recursive=True)
    return _plain(lua.execute(script))


def health(obj: Json) -> Json:
    """The health of an object by the script of its kind: status and message."""
    script = (CUSTOMIZATIONS / obj["kind"] / "health.lua").read_text(encoding="utf-8")
    result: Json = run(script, obj)
    return result


def load(path: Path) -> Json:
    """An object of the test data; its times are quoted, and so stay text."""
    loaded: Json = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def _plain(value: object) -> object:
    if lua51.lua_type(value) != "table":
        return value
    entries = dict(_entries(value))
    numbered = sorted(key for key in entries if isinstance(key, int))
    if len(numbered) == len(entries):  # an empty table becomes a list, as in Argo CD
        return [entries[key] for key in numbered]
    return entries


def _entries(table: Any) -> Iterator[tuple[object, object]]:  # noqa: ANN401 - a Lua table has no Python type
    for key, value in table.items():
        yield key, _plain(value)
