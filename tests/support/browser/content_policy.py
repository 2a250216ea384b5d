"""What csp_evaluator finds in a Content-Security-Policy. It runs in the Node.js that Playwright brings."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

from playwright._impl._driver import compute_driver_executable

__all__ = ["EVALUATOR_SHA256", "weaknesses"]

EVALUATOR_SHA256 = "57a976d6ea0e77a279447f87b4b364a91d411fb78f280063112fbfc6b266e1d0"
_FOLDER = Path(__file__).parent / "csp_evaluator"
_RUN = """
const [folder, policy] = process.argv.slice(1);
const {CspEvaluator, DEFAULT_CHECKS, STRICTCSP_CHECKS} = require(folder + "/evaluator.js");
const {CspParser} = require(folder + "/parser.js");
const {Severity} = require(folder + "/finding.js");
const told = new CspEvaluator(new CspParser(policy).csp).evaluate(undefined, [...DEFAULT_CHECKS, ...STRICTCSP_CHECKS]);
// The rest advises how to please browsers that know no nonces.
const found = told.filter((each) => each.severity !== Severity.STRICT_CSP);
console.log(JSON.stringify(found.map((each) => `${Severity[each.severity]}: ${each.directive}: ${each.description}`)));
"""
_AT_MOST = 30.0


def weaknesses(policy: str) -> list[str]:
    """What may be got around: severity, directive, why. Raises ValueError if the files are not the released ones."""
    if _hash() != EVALUATOR_SHA256:
        message = f"{_FOLDER.name} does not hold the released files"
        raise ValueError(message)
    node, _ = compute_driver_executable()
    command = [node, "-e", _RUN, str(_FOLDER), policy]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=_AT_MOST).stdout
    found: list[str] = json.loads(told)
    return found


def _hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.rglob("*.js")):
        digest.update(path.relative_to(_FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
