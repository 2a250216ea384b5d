"""The example for the Prometheus operator, as that operator's own generator translates it.

Needs no cluster. The generator takes minutes to build: `make alerting` builds it, and runs this.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.build_alerting import built_translator

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "alerting"
OWN = "route: {receiver: platform}\nreceivers: [{name: platform}]\n"


@pytest.mark.skipif(built_translator() is None, reason="nobody built the generator: make alerting")
def test_a_team_s_route_gets_a_matcher_for_the_team_s_namespace() -> None:
    given = f"{OWN}---\n{(EXAMPLES / 'alertmanagerconfig.yaml').read_text('utf-8')}"

    translator = built_translator()
    assert translator is not None
    done = subprocess.run([translator], input=given, capture_output=True, text=True, check=False, timeout=60)

    assert (done.stderr, done.stdout) == ("", (EXAMPLES / "translated.yaml").read_text("utf-8"))
