"""Every setting, with its bounds; the only reader of the environment."""

from pharia_access.settings.base import ENVIRONMENT_PREFIX, LogFormat, LogLevel, environment_name
from pharia_access.settings.operator import OperatorSettings
from pharia_access.settings.verifier import VerifierSettings

__all__ = [
    "ENVIRONMENT_PREFIX",
    "LogFormat",
    "LogLevel",
    "OperatorSettings",
    "VerifierSettings",
    "environment_name",
]
