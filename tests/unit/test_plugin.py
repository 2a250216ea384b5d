"""How `kubectl access` is packed: what it may import, where its libraries are installed, what krew is told."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from pharia_access import __version__
from pharia_access.entrypoints.kubectl import main as plugin
from pharia_access.entrypoints.kubectl import single_file
from pharia_access.entrypoints.kubectl.app import access
from tools.krew_manifest import manifest
from tools.plugin import PLATFORMS, PYTHONS, archive_name

ROOT = Path(__file__).resolve().parents[2]

# Imports every module of the plugin and what they load late, where only the distributions that are named can be found.
_IMPORT_ALL = """
import importlib, pkgutil, sys
from importlib.metadata import packages_distributions

allowed = set(sys.argv[1:])
owners = {name: {each.lower().replace("_", "-") for each in all} for name, all in packages_distributions().items()}

class OnlyThese:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in owners and not owners[name] & allowed:
            raise ModuleNotFoundError(f"{name} is not in requirements/plugin.txt", name=name)

sys.meta_path.insert(0, OnlyThese)
import pharia_access.bootstrap.cli, pharia_access.entrypoints.kubectl as plugin, pharia_access.settings.cli
import pharia_access.bootstrap.console, pharia_access.entrypoints.console.local
import pharia_access.kube.gateway, pharia_access.kube.schema, pharia_access.kube.secrets
import rich.console, rich.status, wcwidth, yaml
for module in pkgutil.walk_packages(plugin.__path__, f"{plugin.__name__}."):
    importlib.import_module(module.name)
    print(module.name)
"""


# What a command loads that asks the API server.
_LOAD_A_LIST = """
import sys
import pharia_access.bootstrap.cli
from pharia_access.entrypoints.kubectl import main, session, show_tokens, token

print(*{name.partition(".")[0] for name in sys.modules})
print(*sys.modules)
"""

# What help and completion load: the whole tree of commands.
_LOAD_TREE = """
import sys
import click
from pharia_access.entrypoints.kubectl import completion, main

def walk(group):
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        yield name
        if isinstance(command, click.Group):
            yield from walk(command)

print(*walk(completion.access))
print(*{name.partition(".")[0] for name in sys.modules})
"""


def pinned(name: str) -> set[str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9-]+)(?:\[\S+\])?==", text, re.MULTILINE))


def optional() -> set[str]:
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    wanted = {re.split(r"[><=]", each)[0] for each in [*extra["kubectl"], *extra["console"]]}
    return wanted - {"pharia-access[kubectl]"}


def test_every_module_of_the_plugin_finds_what_it_imports_in_the_single_file() -> None:
    argv = [sys.executable, "-c", _IMPORT_ALL, "pharia-access", *pinned("plugin")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr
    assert "pharia_access.entrypoints.kubectl.render" in done.stdout.split()


def test_help_and_completion_load_none_of_the_libraries_that_take_long() -> None:
    done = subprocess.run([sys.executable, "-c", _LOAD_TREE], capture_output=True, text=True, check=True, timeout=60)
    commands, modules = (set(line.split()) for line in done.stdout.splitlines())

    assert {"token", "rotate", "audit"} <= commands
    assert {"kubernetes", "aiohttp", "pydantic", "msgspec", "rich", "wcwidth", "yaml"} & modules == set()
    assert {"starlette", "jinja2", "uvicorn"} & modules == set()


def test_a_command_that_asks_loads_no_client_and_no_library_but_where_it_is_used() -> None:
    done = subprocess.run([sys.executable, "-c", _LOAD_A_LIST], capture_output=True, text=True, check=True, timeout=60)

    libraries, modules = (set(line.split()) for line in done.stdout.splitlines())

    assert {"kubernetes", "aiohttp", "pydantic", "rich", "wcwidth", "yaml"} & libraries == set()
    assert [name for name in modules if name.endswith((".next_steps", ".secret_readers", ".workloads"))] == []


def test_the_single_file_has_nothing_of_the_processes() -> None:
    processes = {"kopf", "httptools", "uvloop", "argon2-cffi", "prometheus-client", "pydantic-settings"}

    assert processes & pinned("plugin") == set()
    assert processes <= pinned("runtime")


def test_the_image_has_nothing_that_only_the_plugin_needs() -> None:
    needed_by_kopf = {"click"}

    assert optional() & pinned("runtime") == needed_by_kopf
    assert optional() <= pinned("plugin") & pinned("dev")


def test_the_single_file_has_the_versions_that_the_tests_ran_with() -> None:
    pinned = re.compile(r"^([\w.-]+)(?:\[.+\])?==(\S+)", re.MULTILINE)  # whatever else of it is installed beside

    plugin, dev = (set(pinned.findall((ROOT / f"requirements/{name}.txt").read_text())) for name in ("plugin", "dev"))

    assert plugin != set()
    assert plugin - dev == set()


def test_the_single_file_is_the_plugin_or_its_completion_as_it_is_called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["/bin/kubectl_complete-access", "credenti"])
    single_file.main()
    completed = capsys.readouterr().out

    monkeypatch.setattr(sys, "argv", ["/bin/kubectl-access", "--version"])
    with pytest.raises(SystemExit) as ended:
        single_file.main()

    assert [line.partition("\t")[0] for line in completed.splitlines()] == ["credential", ":4"]
    assert (ended.value.code, capsys.readouterr().out) == (0, f"kubectl access {__version__}\n")


def test_where_a_library_is_missing_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ModuleNotFoundError(name="rich")

    monkeypatch.setattr(access, "main", missing)

    assert plugin.run(["token", "list"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("Error: rich is not installed for Python 3.")
    assert 'pipx install "pharia-access[kubectl]"' in told


@pytest.fixture
def krew() -> dict[str, object]:
    text = manifest("example/pharia-access", dict.fromkeys(PLATFORMS, "0" * 64))
    loaded: dict[str, object] = yaml.safe_load(text)
    return loaded


def test_krew_is_told_what_its_validation_asks_for(krew: dict[str, object]) -> None:
    spec = krew["spec"]
    assert isinstance(spec, dict)

    assert krew["apiVersion"] == "krew.googlecontainertools.github.com/v1alpha2"
    assert (krew["kind"], krew["metadata"]) == ("Plugin", {"name": "access"})
    assert re.fullmatch(r"v\d+\.\d+\.\d+", spec["version"])
    assert "\n" not in spec["shortDescription"]
    assert all(re.fullmatch("[a-f0-9]{64}", platform["sha256"]) for platform in spec["platforms"])
    assert {platform["bin"] for platform in spec["platforms"]} == {"kubectl-access"}


def test_krew_downloads_for_each_platform_the_archive_that_is_built(krew: dict[str, object]) -> None:
    spec = krew["spec"]
    assert isinstance(spec, dict)
    told = {"{os}_{arch}".format(**each["selector"]["matchLabels"]): each["uri"] for each in spec["platforms"]}

    release = f"https://github.com/example/pharia-access/releases/download/{spec['version']}"
    assert told == {name: f"{release}/{archive_name(name)}" for name in PLATFORMS}
    assert [version for version in PYTHONS if version not in spec["caveats"]] == []
