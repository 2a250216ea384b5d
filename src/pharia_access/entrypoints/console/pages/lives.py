"""How long a token is to live: presets within a credential's policy, or a day."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pharia_access.domain.administration.lifetime_input import Lifetime, parse_length, parse_lifetime
from pharia_access.domain.administration.summaries import CredentialSummary
from pharia_access.domain.durations import humanize, parse_duration
from pharia_access.entrypoints.console.forms import Form
from pharia_access.errors import InvalidObjectError
from pharia_access.services.administration.credentials import first_lifetime

__all__ = ["ON_A_DATE", "Preset", "chosen_life", "presets_for", "proposed"]

ON_A_DATE: Final = "date"
_PRESETS: Final = (7, 30, 60, 90, 180, 365)


@dataclass(frozen=True, slots=True)
class Preset:
    """A choice; `problem`: why it is off."""

    value: str
    label: str
    problem: str = ""


def presets_for(credential: CredentialSummary) -> list[Preset]:
    """The choices that there are, those that the policy forbids among them."""
    usual = _usual(credential)
    days = sorted({*_PRESETS, *([usual.days] if usual % timedelta(days=1) == timedelta() else [])})
    return [_preset(count, credential.longest_life) for count in days]


def proposed(credential: CredentialSummary) -> str:
    """The choice that is made unless somebody makes another: the credential's usual life, as nearly as there is one."""
    usual = _usual(credential)
    fitting = [each.value for each in presets_for(credential) if not each.problem and parse_length(each.value) <= usual]
    return fitting[-1] if fitting else ON_A_DATE


def chosen_life(form: Form) -> Lifetime:
    """What was chosen. A day means its first moment in UTC. Raises InvalidDurationError."""
    life = form.one("life")
    return parse_lifetime(form.one("date") if life == ON_A_DATE else life)


def _usual(credential: CredentialSummary) -> timedelta:
    try:
        return parse_duration(str(credential.policy.get("defaultTTL", "")))
    except InvalidObjectError:
        return first_lifetime(credential)


def _preset(days: int, longest: timedelta | None) -> Preset:
    too_long = longest is not None and timedelta(days=days) > longest
    problem = f"at most {humanize(longest)} here" if too_long and longest is not None else ""
    return Preset(f"{days}d", f"{days} days", problem)
