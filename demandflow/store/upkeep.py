"""Looking after the log: whether all is there, what to do where it is not, and the zone in which its days end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from demandflow.domain.values import Actor, actor_of
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.arguments import each_of
from demandflow.inputs.moments import moment
from demandflow.inputs.texts import text_of
from demandflow.store.holes import Acknowledged, Hole, Verification
from demandflow.store.log import Log


class Upkeep:
    """What whoever runs the community's system can do about the log itself."""

    _log: Log
    _clock: Callable[[], datetime]
    rebuild: Callable[[], None]

    def verify(self) -> Verification:
        """Look at the whole log: which rows went, which cannot be read, and what of it was acknowledged.

        It reads every row, so on a large log it takes a while. `print(flow.verify())` says it in words.
        """
        return self._log.verify()

    def acknowledge(self, holes: Hole | Iterable[Hole], *, by: Actor, reason: str) -> None:
        """Decide to go on although these rows went: `flow.acknowledge(flow.verify().holes, by=…, reason=…)`.

        The decision is kept with the log; from then on reading goes on over the holes, and the tables are made anew.
        Raises InvalidValue for what verify() does not name.
        """
        several = (holes,) if isinstance(holes, Hole) else tuple(each_of("holes", holes, "flow.verify().holes"))
        for hole in several:
            if not isinstance(hole, Hole):
                raise InvalidValue("holes", f"must be some of those that verify() names, got {brief(holes)}")
        actor_of(by)
        self._log.acknowledge(several, by, moment(self._clock(), "clock"), text_of(reason, "reason"))
        self.rebuild()

    def acknowledged(self) -> tuple[Acknowledged, ...]:
        """The decisions to go on over holes, in their order."""
        return self._log.decisions()

    @property
    def zone(self) -> str:
        """The time zone in which the days of this log end."""
        return self._log.zone

    def rezone(self, zone: str) -> None:
        """Let the days of this log end in another time zone, for all who use it, and make all tables anew once.

        Raises InvalidValue for what is no time zone.
        """
        self._log.rezone(zone)
        self.rebuild()
