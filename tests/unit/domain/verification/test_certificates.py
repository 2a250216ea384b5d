"""Until when certificates are good: read as a library for X.509 reads it, and nothing else makes it fail."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pharia_access.domain.verification.certificates import Validity, is_cut, validities
from pharia_access.errors import CertificateError

KEY = ec.generate_private_key(ec.SECP256R1())
PEM = serialization.Encoding.PEM

times = st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 31, 23, 59, 58)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001 - the strategy wants them so


def certificate(not_before: datetime, not_after: datetime, *, name: str = "a", serial: int = 1) -> bytes:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(KEY.public_key())
    builder = builder.serial_number(serial).not_valid_before(not_before).not_valid_after(not_after)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(PEM)


@given(times, times, st.text("abc ", min_size=1, max_size=60), st.integers(1, 2**150))
@example(datetime(1950, 1, 1), datetime(2049, 12, 31, 23, 59, 59), "a", 1)  # noqa: DTZ001 - as the strategy
@example(datetime(2050, 1, 1), datetime(9999, 12, 31, 23, 59, 59), "a", 1)  # noqa: DTZ001 - as the strategy
@settings(max_examples=100, deadline=None)
def test_both_times_are_those_of_the_certificate(one: datetime, other: datetime, name: str, serial: int) -> None:
    first, last = min(one, other), max(one, other) + timedelta(seconds=one == other)

    assert validities(certificate(first, last, name=name, serial=serial)) == [
        Validity(first.replace(tzinfo=UTC), last.replace(tzinfo=UTC))
    ]


def test_a_chain_has_several_and_keys_and_words_between_them_are_passed_over() -> None:
    authority = trustme.CA()
    leaf = authority.create_child_ca().issue_cert("127.0.0.1")
    pem = b"a comment\n" + leaf.private_key_and_cert_chain_pem.bytes() + authority.cert_pem.bytes() + b"\r\n"

    found = validities(pem)

    expected = [x509.load_pem_x509_certificate(part.bytes()) for part in (*leaf.cert_chain_pems, authority.cert_pem)]
    assert [one.not_after for one in found] == [one.not_valid_after_utc for one in expected]
    assert [one.not_before for one in found] == [one.not_valid_before_utc for one in expected]


def test_where_there_is_no_certificate_there_is_no_end() -> None:
    assert validities(b"") == []
    assert validities(b"\xff\x00 no PEM at all") == []


WHOLE = certificate(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_whatever_is_in_a_block_it_is_read_or_refused_in_one_way(data: st.DataObject) -> None:
    der = bytearray(serialization_of(WHOLE))
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, min(200, len(der) - 1)))] = data.draw(st.integers(0, 255))
    cut = bytes(der[: data.draw(st.integers(0, len(der)))])
    answers: list[object] = []
    try:
        answers += validities(block(cut))
    except CertificateError as error:
        answers.append(str(error))

    assert len(answers) == 1
    assert isinstance(answers[0], Validity) or answers == ["a certificate cannot be understood"]


def serialization_of(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)


def block(der: bytes) -> bytes:
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    "length", [0, 1, 40, len(WHOLE) // 2, len(WHOLE) - 30], ids=["nothing", "a byte", "40 bytes", "half", "almost all"]
)
def test_a_file_that_breaks_off_in_a_block_is_told(length: int) -> None:
    assert is_cut(WHOLE + WHOLE[:length]) == (length >= len(b"-----BEGIN "))
    assert not is_cut(WHOLE + WHOLE)
