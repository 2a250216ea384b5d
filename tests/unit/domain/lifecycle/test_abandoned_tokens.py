"""What becomes of a WorkloadToken's tokens when nobody controls them any more."""

from dataclasses import replace

import pytest

from pharia_access.domain.lifecycle.decisions import Decision, DeleteToken, InSync, Mint, Observed
from pharia_access.domain.lifecycle.token_rules import decide
from pharia_access.domain.model import OwnerReference, Policy, Token
from pharia_access.domain.reasons import DeliveryState
from pharia_access.domain.workload import WORKLOAD_LABEL, keeper_of
from tests.support.builders.domain_objects import NOW, a_credential, a_minted_token, a_token, kept_by

LABEL = {WORKLOAD_LABEL: "app"}
COLLECTED = a_minted_token(a_token(labels=LABEL), state=DeliveryState.COLLECTED)
CROSSPLANE = OwnerReference("example.org/v1", "XToken", "x", "x-1", controller=True)
CONFIG = OwnerReference("v1", "ConfigMap", "x", "x-1")
RESTORED = {**LABEL, "velero.io/restore-name": "nightly"}
FLUX = {**LABEL, "kustomize.toolkit.fluxcd.io/name": "apps"}
ARGO = {"argocd.argoproj.io/tracking-id": "x"}


@pytest.mark.parametrize(
    ("token", "outcome"),
    [
        pytest.param(COLLECTED, DeleteToken, id="left by an orphaning delete"),
        pytest.param(replace(COLLECTED, owners=(CONFIG,)), DeleteToken, id="with an owner that does not control it"),
        pytest.param(a_token(labels=LABEL), DeleteToken, id="not minted: it never is"),
        pytest.param(a_token(labels=RESTORED), DeleteToken, id="restored from a backup, which drops owners"),
        pytest.param(replace(COLLECTED, owners=(kept_by(),)), InSync, id="of a WorkloadToken"),
        pytest.param(replace(COLLECTED, owners=(CROSSPLANE,)), InSync, id="of another controller"),
        pytest.param(a_token(labels=LABEL, owners=(CROSSPLANE,)), Mint, id="new, of another controller"),
        pytest.param(a_minted_token(state=DeliveryState.COLLECTED), InSync, id="without the label"),
        pytest.param(a_token(labels=FLUX), Mint, id="declared in Git: it would come back"),
        pytest.param(a_token(labels=LABEL, annotations=ARGO), Mint, id="declared in Git, by Argo CD"),
    ],
)
def test_a_token_that_its_workload_token_left_behind_is_deleted(token: Token, outcome: type[Decision]) -> None:
    assert isinstance(decide(Observed(token, a_credential(), Policy()), NOW), outcome)


@pytest.mark.parametrize(
    ("owner", "keeper"),
    [
        pytest.param(kept_by(uid="w-1"), "w-1", id="its controller"),
        pytest.param(replace(kept_by(), controller=None), "", id="an owner alone"),
        pytest.param(replace(kept_by(), kind="ApiCredential"), "", id="of another kind"),
        pytest.param(replace(kept_by(), api_version="example.org/v1"), "", id="of another group"),
        pytest.param(replace(kept_by(uid="w-2"), api_version="access.pharia.ai/v1"), "w-2", id="of a later version"),
    ],
)
def test_its_keeper_is_the_workload_token_that_controls_it(owner: OwnerReference, keeper: str) -> None:
    assert keeper_of(a_token(owners=(CONFIG, owner))) == keeper
