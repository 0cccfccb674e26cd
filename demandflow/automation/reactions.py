"""What can be done with policies: run them, hand out their notices, and see to what was parked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from threading import Lock
from uuid import UUID

from demandflow.automation.agenda import Agenda
from demandflow.automation.deliveries import Deliveries
from demandflow.automation.notices import Notice, notices_after
from demandflow.automation.parked import ParkedReaction
from demandflow.automation.runner import PolicyRun, Runner
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.arguments import each_of
from demandflow.inputs.moments import moment
from demandflow.inputs.texts import name_of
from demandflow.policies.policy import OpenDemand, Policy
from demandflow.projections.board import rows as board
from demandflow.projections.projector import Projector
from demandflow.store.log import Log

HOOK = "notices"


def never() -> bool:
    """Nobody says stop."""
    return False


class Reactions:
    """The policies of a community: what happens by itself, once a cause, through the same door as anybody's."""

    _log: Log
    _projector: Projector
    _policies: tuple[Policy, ...]
    _agenda: Agenda
    _deliveries: Deliveries
    _runner: Runner
    _telling: Lock
    now: Callable[[], datetime]

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies that it was opened with."""
        return self._policies

    def run_policies(
        self,
        now: datetime | None = None,
        *,
        notify: Callable[[Notice], object] | None = None,
        stop: Callable[[], bool] = never,
    ) -> PolicyRun:
        """Ask the policies about all that is due by now, record what they propose, and hand out the notices.

        Each cause is reacted to once, however often this is called, by however many processes, and wherever one is
        killed. `now` (else the clock) may lie in the past, not in the future: what was due by then is asked, and what
        comes of it is done at the moment of the clock. What a policy raises, or the rules refuse, is parked with its
        reason (see parked()), and the others go on. `stop` is asked between two saves and two notices. Raises
        InvalidValue, ClockBehind or StorageBusy, and what `notify` raises.
        """
        present = self.now()
        asked = present if now is None else moment(now, "now")
        if asked > present:
            raise InvalidValue("now", f"{asked:%Y-%m-%d %H:%M:%S} UTC is in the future; it is {present:%Y-%m-%d %H:%M}")
        ran = self._runner.run(asked, present, stop)
        if notify is not None:
            self.deliver_notices(notify, stop=stop)
        return ran

    def next_moment(self) -> datetime | None:
        """When a policy next wants to be asked, in the past if something is due; None if there is nothing."""
        self._agenda.catch_up()
        return self._agenda.next_moment()

    def notices(self, after: int = 0) -> tuple[tuple[int, Notice], ...]:
        """The notices recorded after a position in the log, each with its own position.

        What cannot be read is not among them; parked_events() lists it.
        """
        _position("after", after)
        return tuple((at, notice) for at, notice in notices_after(self._log, after) if notice is not None)

    def deliver_notices(
        self,
        notify: Callable[[Notice], object],
        *,
        hook: str = HOOK,
        after: int | None = None,
        stop: Callable[[], bool] = never,
    ) -> int:
        """Give each notice that this hook was not yet given to `notify`, in order; returns how many.

        One process tells a hook at a time. If `notify` raises, the same notice comes again next time; if the process is
        killed, so it does, from another process a minute later at the earliest: at least once, and with the same `id`,
        by which a sender knows what it has sent. `hook` names who is told; each has its own position. A notice that
        cannot be read is parked (see parked_events()) and given once it can be. Where it is lost how far the hook was
        told, StorageError says so and nothing is given until `after` says after which position to go on.
        """
        if not callable(notify):
            raise InvalidValue("notify", f"must be a function of a Notice, got {brief(notify)}")
        name_of(hook, "hook")
        hook = str.__str__(hook)  # kept as it is given: another spelling would be a hook that was told nothing
        if after is not None:
            _position("after", after)
        number = 0
        with self._telling:
            if (began := self._deliveries.begin(hook, self.now(), after)) is None:
                return 0
            try:
                for position in self._deliveries.to_try_again(hook):
                    if stop():
                        return number
                    number += self._told(notify, position)
                    if not self._deliveries.settle(hook, position, self.now()):
                        return number
                for position, notice in notices_after(self._log, began):
                    if stop():
                        break
                    if notice is not None:
                        notify(notice)
                        number += 1
                    if not self._deliveries.move(hook, position, self.now()):
                        break
            finally:
                self._deliveries.end(hook)
        return number

    def _told(self, notify: Callable[[Notice], object], position: int) -> bool:
        """Give the notice that is there now, if there is one that can be read; returns whether there was."""
        at, notice = next(notices_after(self._log, position - 1, page=1), (0, None))
        if at != position or notice is None:
            return False
        notify(notice)
        return True

    def parked(self) -> tuple[ParkedReaction, ...]:
        """The reactions that could not be made, each with its reason, the oldest first."""
        return self._agenda.parked.all()

    def retry_parked(self, parked: Iterable[ParkedReaction]) -> None:
        """Let these be asked again at the next run: `flow.retry_parked(flow.parked())`."""
        self._agenda.retry(_those(parked))

    def drop_parked(self, parked: Iterable[ParkedReaction]) -> None:
        """Let these never be asked again, whatever becomes of the demand."""
        self._agenda.parked.drop(_those(parked))


class OnTheBoard:
    """What policies look up, read from the board."""

    def __init__(self, projector: Projector) -> None:
        self._projector = projector

    def loads(self) -> dict[str, int]:
        """How many open demands each contractor has in hand."""
        with self._projector.tables() as tables:
            return board.loads(tables)

    def open_demands(self, place: str, received_since: datetime) -> tuple[OpenDemand, ...]:
        """The open demands there, in the order of receipt."""
        with self._projector.tables() as tables:
            rows = board.open_at(tables, place, received_since)
        return tuple(
            OpenDemand(UUID(demand), text, where, category, contractor, received, state)
            for demand, text, where, category, contractor, received, state in rows
        )


def _position(what: str, value: object) -> None:
    """InvalidValue for what cannot be a position in the log."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise InvalidValue(what, f"must be a position, a whole number from 0 on, got {brief(value)}")


def _those(parked: object) -> tuple[ParkedReaction, ...]:
    given = (parked,) if isinstance(parked, ParkedReaction) else tuple(each_of("parked", parked, "flow.parked()"))
    for one in given:
        if not isinstance(one, ParkedReaction):
            raise InvalidValue("parked", f"must be some of those that parked() lists, got {brief(one)}")
    return given
