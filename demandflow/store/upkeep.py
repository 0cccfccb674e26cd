"""Looking after the log: whether it is complete, what to do if it is not, and the time zone of its days."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from demandflow.domain.events import Event
from demandflow.domain.values import Actor, actor_of
from demandflow.errors import InvalidValue, StorageBusy, StorageError, brief
from demandflow.inputs.arguments import each_of
from demandflow.inputs.moments import moment
from demandflow.inputs.texts import text_of
from demandflow.store.holes import Acknowledged, Hole, Verification
from demandflow.store.log import Log

LAST_FEW = 20


class Upkeep:
    """What an administrator can do with the log itself."""

    _log: Log
    _clock: Callable[[], datetime]
    rebuild: Callable[[], None]

    def verify(self) -> Verification:
        """Look at the whole log: which rows are missing, which cannot be read, and what was acknowledged.

        It reads every row, which takes a while on a large log. `print(flow.verify())` says it in words.
        """
        return self._log.verify()

    def acknowledge(self, holes: Hole | Iterable[Hole], *, by: Actor, reason: str) -> None:
        """Decide to go on without these rows: `flow.acknowledge(flow.verify().holes, by=…, reason=…)`.

        The decision is kept with the log; from then on the holes are skipped, and the tables are rebuilt. Raises
        InvalidValue for what verify() does not name; HistoryIncomplete, once the decision is kept, if the end of the
        log is missing, too, and is not among them.
        """
        several = (holes,) if isinstance(holes, Hole) else tuple(each_of("holes", holes, "flow.verify().holes"))
        for hole in several:
            if not isinstance(hole, Hole):
                raise InvalidValue("holes", f"must be some of those that verify() names, got {brief(holes)}")
        actor_of(by)
        self._log.acknowledge(several, by, moment(self._clock(), "clock"), text_of(reason, "reason"))
        self.rebuild()

    def acknowledged(self) -> tuple[Acknowledged, ...]:
        """The decisions to go on without missing rows, in their order."""
        return self._log.decisions()

    @property
    def zone(self) -> str:
        """The time zone in which the days of this log end."""
        return self._log.zone

    def rezone(self, zone: str) -> None:
        """Change the time zone of the log's days, for everyone who uses it, and rebuild all tables once.

        Raises InvalidValue for what is no time zone.
        """
        self._log.rezone(zone)
        self.rebuild()


def last_recorded(log: Log) -> datetime | None:
    """When something was last recorded: the latest of the last few recordings."""
    try:
        rows = log.page(max(0, log.last_position() - LAST_FEW), LAST_FEW)
    except StorageBusy:
        raise
    except StorageError:  # rows that went hold nobody else back
        return None
    # nor does a row that cannot be read
    return max((event.meta.recorded for _, event in rows if isinstance(event, Event)), default=None)
