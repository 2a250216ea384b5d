"""What a ServiceAccount's token leaves behind: in the metrics and the audit log, by its names and never by its text."""

from __future__ import annotations

import logging

import pytest

from pharia_access.domain.verdict import CredentialRecord, Proof
from pharia_access.services.verifier.audit_log import AuditLimits, AuditLog
from pharia_access.services.verifier.authorizer import Authorizer, Contract
from tests.support.verifier.service_account_tokens import PlayedIssuer, claims_of_pod
from tests.support.verifier.verifier_server import SUBJECT, VerifierServer

POD = "cafe-69574cd778-jf9cv"
NAMES = {
    "proof": "service_account",
    "serviceAccount": "finance/invoice-bot",
    "tokenID": "ea28ed49-2e11-4280-9ec5-bc3d1d84661a",
    "credential": "finance/invoice-bot",
    "pod": POD,
}
UNBOUND = {
    "namespace": "finance",
    "serviceaccount": {"name": "invoice-bot", "uid": "a087d5a0-e1dd-43ec-93ac-f13d89cd13af"},
}


class Ignored:
    """Counts nothing."""

    def audit_line_dropped(self) -> None:
        pass


class Traced:
    """A verifier with an audit log that takes accepted requests too."""

    def __init__(self, *, holder: str = "invoice-bot") -> None:
        self.issuer = PlayedIssuer()
        self.server = VerifierServer(service_accounts=self.issuer)
        record = CredentialRecord("finance", "invoice-bot", SUBJECT, ("studio-user",), service_accounts={holder: ""})
        self.server.index.put_credential_record(record)
        self.authorizer = Authorizer(
            self.server.verifier,
            metrics=self.server.journal,
            auditor=AuditLog(AuditLimits(accepted=True), boottime=lambda: 1000.0, metrics=Ignored()),
            last_used=self.server.journal,
            monotonic=lambda: 0.0,
        )

    async def ask(self, text: bytes, contract: Contract = Contract.NGINX) -> None:
        await self.authorizer.authorize(contract, text)


def told(caplog: pytest.LogCaptureFixture) -> tuple[str, dict[str, object]]:
    """The one line, and the names in it."""
    (record,) = [record for record in caplog.records if record.name == "pharia_access.audit"]
    return record.message, {name: record.__dict__[name] for name in (*NAMES, "token") if name in record.__dict__}


@pytest.fixture(autouse=True)
def everything_is_heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


@pytest.mark.parametrize(
    ("contract", "message"), [(Contract.NGINX, "accepted"), (Contract.WHOAMI, "inspected")], ids=["use", "inspection"]
)
async def test_a_line_names_the_account_and_its_pod(
    caplog: pytest.LogCaptureFixture, contract: Contract, message: str
) -> None:
    traced = Traced()

    await traced.ask(traced.issuer.sign(claims_of_pod()), contract)

    assert told(caplog) == (message, NAMES)
    assert traced.server.journal.proofs == [Proof.SERVICE_ACCOUNT]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="no holder"),
        pytest.param({"exp": 1_000_000_000}, id="expired"),
        pytest.param({"exp": 1_000_090_000}, id="lives too long"),
    ],
)
async def test_a_refusal_of_a_signed_token_names_them_too(
    caplog: pytest.LogCaptureFixture, changes: dict[str, object]
) -> None:
    traced = Traced(holder="somebody-else")

    await traced.ask(traced.issuer.sign(claims_of_pod(**changes)))

    assert told(caplog) == ("refused", NAMES)
    assert traced.server.journal.proofs == [Proof.SERVICE_ACCOUNT]


async def test_a_token_that_is_bound_to_no_pod_names_none(caplog: pytest.LogCaptureFixture) -> None:
    traced = Traced()

    await traced.ask(traced.issuer.sign(claims_of_pod(**{"kubernetes.io": UNBOUND})))

    assert told(caplog) == ("accepted", {name: value for name, value in NAMES.items() if name != "pod"})


async def test_what_was_not_signed_is_believed_nothing_and_counts_as_an_accounts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    traced = Traced()
    forged = traced.issuer.sign(claims_of_pod())[:-8] + b"AAAAAAAA"

    await traced.ask(forged)

    assert told(caplog) == ("refused", {})
    assert traced.server.journal.proofs == [Proof.SERVICE_ACCOUNT]


async def test_no_line_holds_the_token_or_a_part_of_it(caplog: pytest.LogCaptureFixture) -> None:
    traced = Traced()
    texts = [traced.issuer.sign(claims_of_pod()), traced.issuer.sign(claims_of_pod(aud="vault"))]

    for text in (*texts, texts[0][:-8] + b"AAAAAAAA"):
        await traced.ask(text)

    written = "".join(repr(record.__dict__) for record in caplog.records)
    assert len(caplog.records) == 3
    assert not [part for text in texts for part in text.decode().split(".") if part in written]


async def test_a_token_of_ours_says_that_it_is_one(caplog: pytest.LogCaptureFixture) -> None:
    traced = Traced()
    issued = traced.server.issue()

    await traced.ask(issued.reveal().encode())

    assert told(caplog)[1] == {
        "proof": "token",
        "tokenID": issued.token_id,
        "token": "finance/ci",
        "credential": "finance/ci-bot",
    }
    assert traced.server.journal.proofs == [Proof.TOKEN]
