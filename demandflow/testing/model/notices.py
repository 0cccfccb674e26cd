"""The notices that policies recorded, in the order of the log."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from demandflow.automation.notices import Notice
from demandflow.domain.facts import Notified
from demandflow.testing.model.world import World


def notices(world: World, after: int = 0) -> list[tuple[int, dict[str, Any]]]:
    """The notices recorded after a position in the log, each with its own."""
    found = []
    for position, event in enumerate(world.log, 1):
        fact, meta = event.fact, event.meta
        if position > after and isinstance(fact, Notified) and event.stamp.kind is None:
            about = world.after(event.demand, event.version)
            notice = {
                "id": f"{event.demand}/{event.version}",
                "demand": event.demand,
                "policy": meta.actor.id,
                **{name: getattr(fact, name) for name in ("to", "whom", "kind", "what")},
                "at": meta.happened,
                "correlation": meta.correlation,
                **{name: getattr(about.subject, name) for name in ("place", "text", "reference")},
            }
            said = ", ".join(part for part in (about.reference, about.place, about.text) if part is not None)
            notice["str"] = f"to {fact.whom or fact.to}: {fact.what}" + (f" ({said})" if said else "")
            found.append((position, notice))
    return found


def plain(one: Notice) -> dict[str, Any]:
    """The notice as plain data, and how it is printed."""
    return {**{field.name: getattr(one, field.name) for field in fields(one)}, "str": str(one)}
