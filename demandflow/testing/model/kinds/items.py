"""Items of the menu: as each was written last, and as residents saw it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from demandflow.domain.county.services.items import Drafted, ItemVersion, Published, Retired, Revised
from demandflow.domain.values import Actor


def item(told: Sequence[tuple[Any, datetime, Actor]]) -> dict[str, Any]:
    """What was written last before each publication was shown since that moment."""
    name = next(fact.item for fact, _, _ in reversed(told) if isinstance(fact, Drafted))
    published = [(n, at) for n, (fact, at, _) in enumerate(told) if isinstance(fact, Published)]
    shown = [(_written(name, [fact for fact, _, _ in told[:n]], at), at) for n, at in published]
    return {
        "item": name,
        "written": _written(name, [fact for fact, _, _ in told], None),
        "published": tuple(version for version, _ in shown if version is not None),
        "retired": next((at for fact, at, _ in reversed(told) if isinstance(fact, Retired)), None),
    }


def _written(name: str, facts: Sequence[Any], since: datetime | None) -> ItemVersion | None:
    """How the item was written by these facts."""
    written = [fact for fact in facts if isinstance(fact, Drafted | Revised)]
    if not written:
        return None
    last = written[-1]
    return ItemVersion(
        item=name,
        number=len(written),
        department=last.department,
        name=last.name,
        days=last.days,
        may_order=last.may_order or (),
        form=None if last.form is None else str(last.form),
        steps=last.steps or (),
        contractor=last.contractor,
        since=since,
    )
