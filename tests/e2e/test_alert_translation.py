"""The example for the Prometheus operator, as that operator's own generator translates it.

Needs no cluster. It is here because the generator takes minutes to build.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools.build_alerting import ensure_translator

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "alerting"
OWN = "route: {receiver: platform}\nreceivers: [{name: platform}]\n"


def test_a_team_s_route_gets_a_matcher_for_the_team_s_namespace() -> None:
    given = f"{OWN}---\n{(EXAMPLES / 'alertmanagerconfig.yaml').read_text('utf-8')}"

    done = subprocess.run([ensure_translator()], input=given, capture_output=True, text=True, check=False, timeout=60)

    assert (done.stderr, done.stdout) == ("", (EXAMPLES / "translated.yaml").read_text("utf-8"))
