"""What the fields of the county's facts hold: minutes, numbers of places, lists of names, the hours of a week."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, Strict, ValidationInfo

from demandflow.calendars.hours import opening_week
from demandflow.domain.values import STORED, Name, Place, Text

Minutes: TypeAlias = Annotated[int, Field(ge=0, le=24 * 60)]
"""Of one person: from none to a day."""
Length: TypeAlias = Annotated[int, Field(ge=1, le=7 * 24 * 60)]
"""Of something that is held, in minutes: up to a week."""
Number: TypeAlias = Annotated[int, Field(ge=1, le=100_000)]
"""Of places, or of requests: at least one."""
# a list for a tuple is welcome: what comes from a form or from JSON has no other
Names: TypeAlias = Annotated[tuple[Name, ...], Strict(False)]
Places: TypeAlias = Annotated[tuple[Place, ...], Strict(False)]


def _a_week(text: str, info: ValidationInfo) -> str:
    """The text, if `opening_week` can read it; what is stored was read when it was recorded."""
    if info.context is not STORED:
        opening_week(text)
    return text


Week: TypeAlias = Annotated[Text, AfterValidator(_a_week)]
"""The hours of a week as a text, as calendars have them: "Mon-Fri 18:00-21:00; Sat,Sun 09:00-12:00"."""
