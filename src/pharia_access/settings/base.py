"""What the settings of both processes have in common: the environment is read here and nowhere else."""

import os
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import ClassVar, Final, Self

from pydantic import ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pharia_access.errors import SettingsError
from pharia_access.settings.rules import Rule, complaints
from pharia_access.settings.types import refusal
from pharia_access.settings.unknown import unknown_variables

__all__ = ["ENVIRONMENT_PREFIX", "LABEL", "LogFormat", "LogLevel", "ProcessSettings", "environment_name"]

ENVIRONMENT_PREFIX = "PHARIA_ACCESS_"
"""What the name of every variable begins with."""

_VARIABLE: Final = re.compile(rf"{ENVIRONMENT_PREFIX}[A-Z0-9_]+")
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
LABEL: Final = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"


class LogLevel(StrEnum):
    """The least serious record that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a record is written: for machines or for people."""

    JSON = "json"
    TEXT = "text"


def environment_name(field: str) -> str:
    """The variable that sets a field."""
    return f"{ENVIRONMENT_PREFIX}{field.upper()}"


class ProcessSettings(BaseSettings):
    """How a process reads its settings."""

    RULES: ClassVar[tuple[Rule, ...]] = ()
    """How its settings must fit together."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment.

        Raises:
            SettingsError: one line for each variable that is wrong or that no program knows, without its value.
        """
        environment = os.environ  # noqa: TID251 - settings is the reader of the environment
        unknown = tuple(unknown_variables(environment, prefix=ENVIRONMENT_PREFIX, known=_known_variables()))
        try:
            settings = cls()
        except ValidationError as error:
            raise SettingsError("\n".join((*_complaints(error), *cls._hidden_by(error), *unknown))) from error
        if unknown:
            raise SettingsError("\n".join(unknown))
        return settings

    @classmethod
    def _hidden_by(cls, error: ValidationError) -> Iterator[str]:
        """What does not fit together among the valid settings: it is not asked where others are invalid."""
        names = {str(found["loc"][0]).lower() for found in error.errors() if found["loc"]}
        invalid = {name.removeprefix(ENVIRONMENT_PREFIX.lower()) for name in names} & cls.model_fields.keys()
        if not invalid:
            return
        try:
            cls(**{name: cls.model_fields[name].get_default(call_default_factory=True) for name in invalid})
        except ValidationError as hidden:
            sentences = "\n".join(_complaints(hidden)).split("\n")
            variables = {environment_name(name) for name in invalid}
            yield from (told for told in sentences if variables.isdisjoint(_VARIABLE.findall(told)))

    @model_validator(mode="after")
    def _fields_fit_together(self) -> Self:
        if found := "\n".join((*complaints(self.RULES, self, environment_name), *self.contradictions())):
            raise refusal(found)
        return self

    def contradictions(self) -> Iterator[str]:
        """What does not fit together beyond its rules, a sentence each."""
        yield from ()


def _known_variables() -> frozenset[str]:
    """Those of both programs: one ConfigMap may set them for both."""
    from pharia_access.settings.operator import OperatorSettings  # noqa: PLC0415 - it builds on this module
    from pharia_access.settings.verifier import VerifierSettings  # noqa: PLC0415 - the same

    fields = (*OperatorSettings.model_fields, *VerifierSettings.model_fields)
    return frozenset(map(environment_name, fields))


def _complaints(error: ValidationError) -> Iterator[str]:
    for found in error.errors(include_input=False, include_url=False):
        field = "".join(str(part) for part in found["loc"])
        variable = field if not field or field.isupper() else environment_name(field)
        yield f"{variable} {found['msg']}".strip()
