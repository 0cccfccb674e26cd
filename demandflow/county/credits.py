"""What people earn by an event: of which measure, how much, for which home organisation."""

from __future__ import annotations

from collections.abc import Sequence

from demandflow.domain.events import Event
from demandflow.domain.stream import Stream
from demandflow.projections.streams import Credit, Home


def earned(before: Stream | None, event: Event, after: Stream) -> Sequence[Credit | Home]:
    """The credits that the event books, and the homes that it changes."""
    return ()
