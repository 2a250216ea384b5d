"""Which pages a test follows as their reader, in which order, and with what the reader has before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.support.documents.console_blocks import pages_with_blocks

__all__ = ["ELSEWHERE", "FOLLOWED", "INSTALLING", "Followed"]

_ROLES: Final = "kubectl apply -f examples/01-roles.yaml"
_TIDY: Final = (
    "kubectl create namespace finance --dry-run=client --output=yaml | kubectl apply -f -",
    "kubectl delete workloadtokens,apitokens,apicredentials,secrets,roles,rolebindings --all --namespace finance",
)
_FINANCE: Final = (
    *_TIDY,
    "kubectl apply -f examples/",
    "kubectl wait --for=condition=Ready apitokens --all --namespace finance",
    "kubectl config set-context --current --namespace finance",
)
_CERTIFICATES: Final = """kubectl apply -f - <<'END'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: certificates.cert-manager.io}
spec:
  group: cert-manager.io
  names: {kind: Certificate, plural: certificates}
  scope: Namespaced
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
END
kubectl wait --for=condition=Established crd/certificates.cert-manager.io"""


def _token(name: str) -> str:
    """A command that creates one under invoice-bot, whose Secret nobody reads."""
    spec = "spec: {credentialRef: {name: invoice-bot}}"
    kind = "apiVersion: access.pharia.ai/v1alpha1\nkind: ApiToken"
    return f"kubectl apply -f - <<'END'\n{kind}\nmetadata: {{name: {name}, namespace: finance}}\n{spec}\nEND"


_PLUGIN: Final = (
    "mkdir -p dist ~/.local/bin",
    'cp "$(command -v kubectl-access)" dist/kubectl-access; ln -s kubectl-access dist/kubectl_complete-access',
)


@dataclass(frozen=True, slots=True)
class Followed:
    """A page and its reader.

    Attributes:
        page: a path in the project.
        given: commands of an administrator that make what the page takes for granted.
        replaced: words of the page that the reader replaces by names of their own.
        blocks: the numbers of the blocks that are followed, from 0; empty: all.
        empty: whether the reader begins with a cluster in which nothing is installed.
        compared: whether what the commands say must be what the page shows.
    """

    page: str
    given: tuple[str, ...] = ()
    replaced: tuple[tuple[str, str], ...] = ()
    blocks: tuple[int, ...] = ()
    empty: bool = False
    compared: bool = True


_OF_CERTIFICATES: Final = "docs/runbooks/PhariaAccessCertificateEnding.md"
_OF_WORKLOADS: Final = (
    "docs/runbooks/PhariaAccessRotationOverdue.md",
    "docs/runbooks/PhariaAccessWorkloadTokenEnded.md",
)
_RUNBOOKS: Final = (
    *(
        Followed(page, given=_FINANCE[:1], replaced=(("NAMESPACE", "finance"),))
        for page in pages_with_blocks()
        if page.startswith("docs/runbooks/") and page not in {_OF_CERTIFICATES, *_OF_WORKLOADS}
    ),
    *(
        Followed(
            page,
            given=(*_FINANCE[:1], "kubectl apply -f examples/workload/workload-token.yaml"),
            replaced=(("NAMESPACE", "finance"), ("NAME", "invoice-bot-app")),
        )
        for page in _OF_WORKLOADS
    ),
    Followed(_OF_CERTIFICATES, given=(_CERTIFICATES,)),
)
_FOUND: Final = "kubectl get secret invoice-bot-ci-token -o jsonpath='{.data.token}' | base64 -d >found.txt"

_TOKEN_FILE: Final = "kubectl get secret invoice-bot-token -o jsonpath='{.data.token}' | base64 -d >token.txt"

FOLLOWED: Final = (
    Followed("docs/tutorial/first-token.md"),
    Followed("docs/how-to/let-a-team-mint.md", given=(*_TIDY, _ROLES)),
    Followed(
        "docs/how-to/keep-a-token-in-a-workload.md",
        given=(*_FINANCE, _token("invoice-bot-job")),
    ),
    Followed("docs/how-to/use-a-service-account-instead-of-a-token.md", given=_FINANCE),
    Followed("docs/how-to/scrape-metrics-with-a-token.md", given=_TIDY),
    Followed("docs/how-to/gitops.md", given=(*_FINANCE, _token("invoice-bot-2026-11"))),
    Followed(
        "docs/how-to/argo-cd.md",
        given=("kubectl create namespace argocd", "kubectl create configmap argocd-cm -n argocd"),
    ),
    Followed("docs/how-to/encrypt-at-rest.md", given=_FINANCE),
    Followed("docs/how-to/rotate-the-keyring.md", given=_FINANCE, compared=False),
    Followed(
        "docs/how-to/pharia-ai-services.md",
        given=(*_FINANCE, _FOUND, "TOKEN=$(cat found.txt)"),
        replaced=(("http://pharia-access-verifier.pharia-access-system.svc.cluster.local", "$VERIFIER_URL"),),
    ),
    Followed(
        "docs/how-to/kubectl-access.md",
        given=(*_PLUGIN, *_FINANCE, _FOUND, _TOKEN_FILE),
        replaced=(
            ("NAME", "invoice-bot-production"),
            ("SECRET", "invoice-bot-next"),
            ("https://access.example.com", "$VERIFIER_URL"),
        ),
    ),
    Followed(
        "docs/how-to/a-token-leaked.md",
        given=(*_FINANCE, _FOUND),
        replaced=(
            ("NAMESPACE", "finance"),
            ("NAME", "invoice-bot-ci"),
            ("CREDENTIAL", "invoice-bot"),
            ("NEW-SECRET", "invoice-bot-next"),
        ),
    ),
    Followed("docs/how-to/develop.md", given=_TIDY),
    Followed("CONTRIBUTING.md"),
    Followed("docs/how-to/try-attacks.md"),
    Followed("docs/how-to/try-faults.md"),
    Followed("docs/reference/resources.md"),
    Followed("docs/reference/token-format.md", given=_FINANCE),
    Followed("docs/explanation/a-tokens-life.md", given=(*_FINANCE, "kubectl create secret generic ci-token")),
    *_RUNBOOKS,
    Followed("docs/how-to/build-the-image.md"),
)
"""In this order, on one control plane."""

INSTALLING: Final = (
    Followed("README.md", empty=True),
    Followed("charts/pharia-access/README.md"),
    Followed("docs/how-to/production.md"),
    Followed("docs/how-to/install.md", given=("kubectl create namespace research",)),
    Followed("docs/how-to/uninstall.md", blocks=(0,)),
    Followed("docs/how-to/uninstall.md", blocks=(2,)),
    Followed("docs/how-to/uninstall.md", blocks=(0, 1, 3), replaced=(("NEW-", ""),)),
    Followed("docs/how-to/install-for-real.md", given=("kubectl delete namespace finance",), empty=True),
)
"""In this order too, on another."""

ELSEWHERE: Final = {
    "docs/tutorial/kubectl-access.md": "tests/integration/test_transcript.py",
    "docs/how-to/restore-a-backup.md": "tests/integration/test_restore_guide.py",
    "docs/how-to/kubectl-with-a-token.md": "tests/integration/test_verifier_kubernetes.py",
}
"""Pages that a test of their own follows, and that test."""
