"""Orders from the service menu: the closed loop, for what says which item was ordered, and with what answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, ValidationInfo

from demandflow.domain.facts import Registered
from demandflow.domain.moves import START
from demandflow.domain.standard.closed_loop import closed_loop
from demandflow.domain.values import STORED, Name
from demandflow.domain.workflow import Workflow
from demandflow.inputs.plain import PlainMapping, frozen_mapping, plain_mapping


def _answers(value: Mapping[str, object], info: ValidationInfo) -> PlainMapping:
    """What comes in is checked; what is stored was checked when it was recorded."""
    return frozen_mapping(value) if info.context is STORED else plain_mapping(value, "answers")


# The TOPICs and the field names are the storage format. Never rename one; a new field gets a default.


class Ordered(Registered):
    """A resident ordered an item of the menu, which they saw in this version, and answered what its form asks."""

    TOPIC: ClassVar[str] = "menu.ordered"
    item: Name
    item_version: Annotated[int, Field(ge=1)]
    answers: Annotated[Mapping[str, object], AfterValidator(_answers)] | None = None


def order_loop(name: str = "order", version: int = 1, **numbers: Any) -> Workflow:
    """What was ordered from the menu goes the way of every demand: audited, contracted out, fed back, evaluated.

    It differs from the closed loop in its first fact alone, which proves which menu was seen; takes what closed_loop()
    takes, and raises what it raises.
    """
    loop = closed_loop(name, version, **numbers)
    return replace(loop, moves=[replace(one, fact=Ordered) if one.from_ is START else one for one in loop.moves])


ORDER = order_loop()
"""An order from the menu."""
