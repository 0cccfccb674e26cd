"""A log to which a wrong clock wrote, copied with moments that are right; the old log stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.domain.clocks.rejudging import judged_by
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.events import Event
from demandflow.domain.evolve import evolve
from demandflow.errors import InvalidValue
from demandflow.inputs.moments import moment

BATCH_SIZE = 1000


def mended_copy(flow: DemandFlow, url: str, *, wrong_after: datetime, really: datetime) -> int:
    """Copy the log to `url`, where there is none yet, and put the moments of a clock that was wrong right.

    What was recorded after `wrong_after` counts as recorded at `really`; what is said to have happened after it, as
    having happened when it was recorded. The due moments that follow are worked out again. Everything else is copied
    unchanged, event by event. Returns how many events were mended. Raises InvalidValue, UnknownWorkflow or
    StorageError.
    """
    limit, true = moment(wrong_after, "wrong_after"), moment(really, "really")
    if true > limit:
        raise InvalidValue("really", f"must not lie after wrong_after, {limit:%Y-%m-%d %H:%M:%S} UTC")
    wrong = {event.demand for event in flow.all_events() if _is_wrong(event, limit)}
    mended, zone = 0, flow.zone
    with DemandFlow.open(url, workflows=flow.workflows.values(), tenant=flow._tenant, zone=zone) as new:
        if new._log.last_position():
            raise InvalidValue("url", "there is a log already; name a file that is not there yet")
        events = _mended(flow, wrong, limit, true)
        while page := list(islice(events, BATCH_SIZE)):
            new._log.append([event for event, _ in page])
            mended += sum(changed for _, changed in page)
    return mended


def _is_wrong(event: Event, limit: datetime) -> bool:
    return event.meta.recorded > limit or event.meta.happened > limit


def _mended(flow: DemandFlow, wrong: set[UUID], limit: datetime, true: datetime) -> Iterator[tuple[Event, bool]]:
    """Each event as it is to be written, and whether its moments were mended."""
    demands: dict[UUID, Demand] = {}
    for event in flow.all_events():
        if event.demand not in wrong:
            yield event, False
            continue
        meta, before = event.meta, demands.get(event.demand)
        recorded = meta.recorded if meta.recorded <= limit else true
        happened = meta.happened if meta.happened <= limit else recorded
        right = as_if(event, meta=as_if(meta, recorded=recorded, happened=happened))
        right = judged_by(before, right, flow._handler.workflows[meta.workflow].clocks)
        demands[event.demand] = evolve(before, right)
        yield right, _is_wrong(event, limit)
