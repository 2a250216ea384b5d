"""What a gateway may ask for, and that nothing misspelled means "anyone"."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.permissions import EffectiveRoles, Permission, Role
from pharia_access.domain.verification.requirements import (
    NO_REQUIREMENT,
    Requirement,
    parse_requirement,
)
from pharia_access.errors import RequirementError

MODEL = Permission.of("AccessModel", model="*")
ROLES = (Role("reader", frozenset({"*"}), (MODEL,)), Role("writer", frozenset({"*"}), (Permission("Kernel"),)))
HELD = EffectiveRoles(roles=("reader", "writer"), unknown=(), not_allowed=(), resolved=ROLES)


def of_bytes(length: int) -> str:
    """A requirement of a role whose name is so long that the whole has that length."""
    return "role=" + "a" * (length - len("role="))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", NO_REQUIREMENT, id="nothing"),
        pytest.param("role=reader", Requirement(("reader",)), id="a role"),
        pytest.param("role=a&role=b", Requirement(("a", "b")), id="two roles"),
        pytest.param("permission=Kernel", Requirement((), (Permission("Kernel"),)), id="a permission"),
        pytest.param(
            "permission=AccessModel;model=a%2Fb%3Bc%26d%25;x=y=z",
            Requirement((), (Permission.of("AccessModel", model="a/b;c&d%", x="y=z"),)),
            id="fields with characters that are encoded",
        ),
        pytest.param("role=a&satisfy=any", Requirement(("a",), any_of=True), id="any"),
        pytest.param("satisfy=all&role=a", Requirement(("a",)), id="all"),
        pytest.param(of_bytes(2048), Requirement(("a" * 2043,)), id="as long as may be"),
        pytest.param("&".join(["role=a"] * 16), Requirement(("a",) * 16), id="as many parts as may be"),
        pytest.param("role=%C3%A4", Requirement(("\xe4",)), id="UTF-8"),
        pytest.param(
            "permission=AccessModel%3Bmodel%3Dfoo",
            Requirement((), (Permission.of("AccessModel", model="foo"),)),
            id="encoded by a library",
        ),
        pytest.param(
            "role=a&permission=AccessModel%3bmodel%3da%2Fb%3Bx%3Dy%3Dz",
            Requirement(("a",), (Permission.of("AccessModel", model="a/b", x="y=z"),)),
            id="encoded by a library, in small letters",
        ),
        pytest.param(
            "permission=AccessModel%3Bmodel%3Da%253Bb%2526c%2525",
            Requirement((), (Permission.of("AccessModel", model="a;b&c%"),)),
            id="encoded by a person, then by a library",
        ),
    ],
)
def test_a_requirement_is_read(text: str, expected: Requirement) -> None:
    assert parse_requirement(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param("rolle=a", "unknown requirement 'rolle'", id="misspelled"),
        pytest.param("Role=a", "unknown requirement 'Role'", id="in capitals"),
        pytest.param("role", "empty or not readable", id="no value"),
        pytest.param("role=", "empty or not readable", id="an empty value"),
        pytest.param("role=a&", "an empty part", id="a trailing &"),
        pytest.param("&role=a", "an empty part", id="a leading &"),
        pytest.param("role=a b", "percent-encoded", id="a blank"),
        pytest.param("role=%zz", "percent-encoded", id="a broken escape"),
        pytest.param("role=%ff", "not readable", id="an escape that is no UTF-8"),
        pytest.param("role=%0a", "not readable", id="an encoded line break"),
        pytest.param("role=\xe4", "percent-encoded", id="a letter that is not ASCII"),
        pytest.param("permission=;model=x", "empty or not readable", id="a field of no permission"),
        pytest.param("permission=model=x", "without a permission", id="a field in place of a permission"),
        pytest.param("permission=A;model", "empty or not readable", id="a field without a value"),
        pytest.param("permission=A;m=1;m=2", "names a field twice", id="a field twice"),
        pytest.param("permission=A;m%3D1", "encode the separators of the whole permission", id="half encoded"),
        pytest.param("permission=A;m%3Bn=1", "encode the separators of the whole permission", id="a field's name"),
        pytest.param("permission=A%3Bm%3D1;n=2", "encode the separators", id="encoded, then not"),
        pytest.param("permission=A%3Bm=1", "encode the separators", id="a semicolon encoded, an equals sign not"),
        pytest.param("permission=A%3Bm%3D1%25", "not percent-encoded", id="encoded once where twice is meant"),
        pytest.param("permission=%3BA", "empty or not readable", id="an encoded separator first"),
        pytest.param("permission=A%3Dm", "without a permission", id="an encoded field in place of a permission"),
        pytest.param("role%3Da", "unknown requirement", id="an encoded name"),
        pytest.param("satisfy=any", "without a role or a permission", id="any of nothing"),
        pytest.param("role=a&satisfy=some", "must be all or any", id="some"),
        pytest.param("role=a&satisfy=any&satisfy=any", "must be all or any", id="any twice"),
        pytest.param("&".join(["role=a"] * 17), "more than 16 parts", id="too many"),
        pytest.param(of_bytes(2049), "longer than 2048 bytes", id="too long"),
    ],
)
def test_what_is_not_wholly_understood_is_refused(text: str, why: str) -> None:
    with pytest.raises(RequirementError, match=why):
        parse_requirement(text)


@pytest.mark.parametrize(
    ("text", "met"),
    [
        pytest.param("", True, id="nothing asked"),
        pytest.param("role=reader", True, id="a role held"),
        pytest.param("role=admin", False, id="a role not held"),
        pytest.param("role=reader&role=admin", False, id="all of two roles"),
        pytest.param("role=reader&role=admin&satisfy=any", True, id="any of two roles"),
        pytest.param("role=admin&permission=Kernel&satisfy=any", True, id="a permission in place of a role"),
        pytest.param("role=reader&permission=Kernel", True, id="a role and a permission"),
        pytest.param("role=admin&permission=Other&satisfy=any", False, id="none of any"),
        pytest.param("permission=AccessModel;model=x", True, id="a model of all"),
        pytest.param("permission=AccessModel", True, id="bare, where all is held"),
        pytest.param("permission=Kernel;x=y", False, id="restricted, where bare is held"),
    ],
)
def test_a_requirement_is_met_or_not(text: str, *, met: bool) -> None:
    assert parse_requirement(text).met_by(HELD) is met


@given(name=st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,20}", fullmatch=True), value=st.text(min_size=1, max_size=30))
def test_what_url_libraries_build_means_what_was_written(name: str, value: str) -> None:
    """`quote` of the whole value, as httpx, requests and Node do."""
    written = f"permission=AccessModel;{name}={quote(value, safe='')}"
    built = "permission=" + quote(written.removeprefix("permission="), safe="")

    def read(text: str) -> Requirement | None:
        try:
            return parse_requirement(text)
        except RequirementError:
            return None

    assert read(built) == read(written)
