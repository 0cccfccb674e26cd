"""What can be done with policies: run them, deliver their notices, retry or drop what was parked."""

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
from demandflow.inputs.arguments import a_function, each_of, whole_number
from demandflow.inputs.moments import moment
from demandflow.inputs.texts import name_of
from demandflow.policies.policy import OpenDemand, Policy
from demandflow.projections.board import rows as board
from demandflow.projections.projector import Projector
from demandflow.store.log import Log

HOOK, LAST_POSITION = "notices", 2**63 - 1


def never() -> bool:
    """Do not stop."""
    return False


class Reactions:
    """The policies of a community: what they do is checked and recorded like anybody's commands."""

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
        """Ask the policies about all that is due by now, record what they propose, and deliver the notices.

        Policies react once to each cause, however often this is called, by however many processes, and wherever one is
        killed. `now` (else the clock) may lie in the past, not in the future: policies are asked what was due by then,
        and their reactions happen at the moment of the clock. What a policy raises, or the rules refuse, is parked with
        its reason (see parked()), and the others go on. `stop` is called between two saves and two notices. Raises
        InvalidValue, ClockBehind or StorageBusy, and what `notify` raises.
        """
        a_function("stop", stop, "nothing")
        present = self.now()
        due = present if now is None else moment(now, "now")
        if due > present:
            raise InvalidValue("now", f"{due:%Y-%m-%d %H:%M:%S} UTC is in the future; it is {present:%Y-%m-%d %H:%M}")
        ran = self._runner.run(due, present, stop)
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
        whole_number("after", after, 0, LAST_POSITION)
        return tuple((at, notice) for at, notice in notices_after(self._log, after) if notice is not None)

    def deliver_notices(
        self,
        notify: Callable[[Notice], object],
        *,
        hook: str = HOOK,
        after: int | None = None,
        stop: Callable[[], bool] = never,
    ) -> int:
        """Call `notify` with each notice that this hook was not yet given, in order; returns how many.

        A notice is given at least once, always with the same `id`, by which a sender knows what it has sent: if
        `notify` raises, it comes again next time; if the process is killed, another process gives it a minute later or
        more. Each `hook` has its own position, and one process at a time. A notice that cannot be read is parked (see
        parked_events()) and given once it can be. Where the position of the hook is lost, StorageError says so and
        nothing is given until `after` says after which position to go on.
        """
        a_function("notify", notify, "a Notice")
        a_function("stop", stop, "nothing")
        name_of(hook, "hook")
        hook = str.__str__(hook)  # not normalised: in another spelling it would be a new hook
        if after is not None:
            whole_number("after", after, 0, LAST_POSITION)
        number = 0
        with self._telling:
            if (began := self._deliveries.begin(hook, self.now(), after)) is None:
                return 0
            try:
                for position in self._deliveries.to_try_again(hook):
                    if stop():
                        return number
                    number += self._give_parked(notify, position)
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

    def _give_parked(self, notify: Callable[[Notice], object], position: int) -> bool:
        """Give the notice at this position, if there is one that can be read; returns whether there was."""
        at, notice = next(notices_after(self._log, position - 1, page=1), (0, None))
        if at != position or notice is None:
            return False
        notify(notice)
        return True

    def parked(self) -> tuple[ParkedReaction, ...]:
        """The reactions that failed, each with its reason, the oldest first."""
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


def _those(parked: object) -> tuple[ParkedReaction, ...]:
    given = (parked,) if isinstance(parked, ParkedReaction) else tuple(each_of("parked", parked, "flow.parked()"))
    for reaction in given:
        if not isinstance(reaction, ParkedReaction):
            raise InvalidValue("parked", f"must be some of those that parked() lists, got {brief(reaction)}")
    return given
