"""The package reads requirements as the verifier does, and writes them so that the verifier reads the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pharia_access.domain.verification.requirements import parse_requirement
from pharia_access.errors import RequirementError
from pharia_access_client import Permission, Requirement, permission, role

_TEXTS = st.text("rolepmisnatfyn=&;%/*:+@23BdD04 \"#'a é", max_size=40)
_VALUES = st.text(min_size=1, max_size=20).filter(str.isprintable).filter(lambda text: "\ufffd" not in text)


def theirs(text: str) -> object:
    try:
        understood = parse_requirement(text)
    except RequirementError:
        return None
    permissions = tuple((each.name, tuple(sorted(each.fields))) for each in understood.permissions)
    return understood.roles, permissions, understood.any_of


def ours(text: str) -> object:
    try:
        understood = Requirement.parse(text)
    except ValueError:
        return None
    permissions = tuple((each.name, tuple(sorted(each.fields))) for each in understood.permissions)
    return understood.roles, permissions, understood.any_of


@pytest.mark.parametrize(
    "text",
    [
        "",
        "role=a",
        "role=a&role=b&satisfy=any",
        "permission=A;model=x%2Fy",
        "permission=A;model=x=y",
        "permission=A;m=%3B%26%25%C3%A9",
        "permission=AccessModel%3Bmodel%3Da%252Fb",
        "permission=A%3bm%3dx%3Dy",
        "permission=A;m=a\"b#c'd+e",
    ],
)
def test_a_requirement_is_read_as_the_verifier_reads_it_and_written_with_the_same_meaning(text: str) -> None:
    assert ours(text) == theirs(text) is not None
    assert theirs(Requirement.parse(text).text) == theirs(text)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "role",
        "role=",
        "role=a&",
        "&role=a",
        "Role=a",
        "role=a b",
        "role=é",
        "role=%",
        "role=%ff",
        "role=%00",
        "satisfy=any",
        "role=a&satisfy=",
        "role=a&satisfy=all&satisfy=all",
        "permission=",
        "permission=A;",
        "permission=A;m",
        "permission=A;m=",
        "permission=m=x;A=y",
        "permission=A;m=1;m=2",
        "role=@a",
        "permission=@A",
        "permission=A;@m=1",
        "permission=A;m=@x-model",
        "permission=A;m=%40x-model",
        "permission=A%3Bm%3D%40x-model",
        "&".join(["role=a"] * 17),
        "role=" + "a" * 2048,
    ],
)
def test_what_the_verifier_would_not_understand_is_refused_at_the_start(text: str) -> None:
    assert theirs(text) is None
    with pytest.raises(ValueError, match="the requirement cannot be understood"):
        Requirement.parse(text)


@pytest.mark.parametrize(
    "text",
    ["role=a%3Bb", "permission=A;m%3D=x", "permission=A%3Bm=x", "permission=A%3Bm%3Dx;n=y"],
)
def test_a_name_with_an_encoded_separator_stops_the_service_at_its_start(text: str) -> None:
    with pytest.raises(ValueError, match="the separators of the whole permission, or none"):
        Requirement.parse(text)


@given(prefix=st.sampled_from(["role=", "permission=", "permission=A;m=", "permission=A;m=@", ""]), end=_TEXTS)
def test_a_text_that_is_understood_means_the_same_to_the_verifier(prefix: str, end: str) -> None:
    understood = ours(prefix + end)

    if understood is not None:
        assert theirs(prefix + end) == understood
        assert theirs(Requirement.parse(prefix + end).text) == understood


@given(value=_VALUES, mark=st.sampled_from(["", "@", "@@"]))
def test_a_value_of_any_characters_reaches_the_verifier_unless_a_gateway_would_name_a_header_so(
    value: str, mark: str
) -> None:
    text = f"{permission('AccessModel', model=mark + value)}&{role('user')}"

    understood = (("user",), (("AccessModel", (("model", mark + value),)),), False)
    assert theirs(text) == ours(text) == (None if (mark + value).startswith("@") else understood)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        pytest.param("AccessModel;model=foo", (), id="a name with a field in it"),
        pytest.param("A", (("m;n", "x"),), id="a field with another one in it"),
        pytest.param("A", (("m=n", "x"),), id="a field with a value in it"),
        pytest.param("Strong", (("permission", "Weak"),), id="a field in the name's place"),
        pytest.param("A", (("m", "a"), ("m", "b")), id="a field twice"),
    ],
)
def test_no_name_changes_what_else_is_asked(name: str, fields: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(ValueError, match="the requirement cannot be understood"):
        Permission(name, fields)
