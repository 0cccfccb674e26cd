"""Stream: what is known of one thing that events are recorded of. A demand is one kind of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, overload
from uuid import UUID

from msgspec import Struct

from demandflow.domain.clocks.states import RUNNING, ClockState
from demandflow.domain.events import Event, Stamp
from demandflow.domain.fact import Earlier, Fact
from demandflow.errors import DemandNotFound

Change = dict[str, Any]
"""What will be otherwise of a stream, by the names of its fields."""

S = TypeVar("S", bound="Stream")
T = TypeVar("T")

if TYPE_CHECKING:

    class reads(Generic[T]):  # noqa: N801
        """What one of its parts holds, read by a name of its own."""

        def __init__(self, path: str) -> None: ...
        @overload
        def __get__(self, stream: None, kind: type[Any]) -> Self: ...
        @overload
        def __get__(self, stream: Any, kind: type[Any]) -> T: ...
        def __get__(self, stream: Any, kind: type[Any]) -> Self | T: ...
else:

    class reads:  # noqa: N801
        """The same, read without a call in Python."""

        def __class_getitem__(cls, kind: Any) -> Any:
            return lambda path: property(attrgetter(path))


class Stream(Struct, frozen=True):
    """What is known of one thing, and where it stands. Moments are in UTC; rounds and versions count from 1.

    `stamp` is what its last event meant: its state is empty before the first one. `recorded` is the latest moment of
    recording, `last` the latest of happening. `due` is the moment that a fact named for the whole of it; `next_due`
    also looks at its `clocks`. `facts` are those of its events; `missing` are the versions (from, to) of events that
    went from the log, if any did. `commands` are the ids of the commands that led to its events. `_attributes` is what
    own fields said, `_attributes_from` the version of the event that said each, and `_earlier` what was stored of those
    whose class was another, by version.

    A kind of stream has fields of its own, and says in `changes` which of them an event changes. KIND is stamped on its
    events; those of demands have none. KEY is the field of its first fact by which it is known: of each word there is
    one such stream.
    """

    KIND: ClassVar[str | None] = None
    KEY: ClassVar[str | None] = None
    changes: ClassVar[Callable[[Any, Event, Change], None] | None] = None

    id: UUID
    version: int = 0
    workflow: str = ""
    stamp: Stamp = Stamp("", "", "", 0)
    declares: tuple[str, ...] = ()
    came_from: str | None = None
    since: datetime | None = None
    last: datetime | None = None
    recorded: datetime | None = None
    ended: datetime | None = None
    clocks: tuple[ClockState, ...] = ()
    facts: tuple[type[Fact], ...] = ()
    missing: tuple[tuple[int, int], ...] = ()
    commands: tuple[tuple[str, int], ...] = ()
    _attributes: dict[str, Any] = {}
    _attributes_from: dict[str, int] = {}
    _earlier: dict[int, Earlier] = {}

    state = reads[str]("stamp.state")
    stage = reads[str]("stamp.stage")
    round = reads[int]("stamp.round")
    ended_as = reads[str | None]("stamp.ended_as")
    due = reads[datetime | None]("stamp.due")

    @property
    def open(self) -> bool:
        """Registered and not ended."""
        return self.version > 0 and self.ended_as is None

    @property
    def running(self) -> tuple[ClockState, ...]:
        """The clocks that run and have a due moment, the next due first."""
        return tuple(sorted((one for one in self.clocks if one.status == RUNNING and one.due), key=_due_then_name))

    @property
    def next_due(self) -> datetime | None:
        """The next due moment: of a clock that runs or was overdue when paused, or what a fact gave to the whole."""
        dues = (self.due, None if (clock := self._due_next) is None else clock.due)
        return min((due for due in dues if due is not None), default=None)

    @property
    def next_clock(self) -> str | None:
        """The name of the clock that has the next due moment; None where it is that of the whole, or there is none."""
        clock = self._due_next
        return clock.clock if clock is not None and clock.due == self.next_due else None

    @property
    def agreed_due(self) -> datetime | None:
        """The due moment that an extension moves: that of its extensible clock, else of the whole of it."""
        dues = [one.due for one in self.clocks if one.goes_on and one.extensible and one.due is not None]
        return max(dues, default=self.due)

    def clock(self, name: str) -> ClockState | None:
        """How the clock of this name stands; None if it never ran."""
        return next((one for one in self.clocks if one.clock == name), None)

    @property
    def _due_next(self) -> ClockState | None:
        """The soonest due of the clocks that run and of those whose pause came too late to move their due moment."""
        return min((one for one in self.clocks if one.can_be_overdue), key=_due_then_name, default=None)

    def fact_of(self, version: int) -> type[Fact] | None:
        """What the event of this version recorded; None if there is no such event."""
        place = version - 1
        for first, last in self.missing:  # where versions went, the places of all later facts are others
            if first <= version <= last:
                return None
            if last < version:
                place -= last - first + 1
        return self.facts[place] if 0 <= place < len(self.facts) else None

    @property
    def facts_by_version(self) -> dict[int, type[Fact]]:
        """What each of its events recorded."""
        gone = {version for first, last in self.missing for version in range(first, last + 1)}
        versions = [version for version in range(1, self.version + 1) if version not in gone]
        return dict(zip(versions, self.facts, strict=False))

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What facts of a community's own classes said, the later over the earlier; read only."""
        return MappingProxyType(dict(self._attributes))

    def __hash__(self) -> int:
        return hash((self.id, self.version))


class OtherKind(DemandNotFound, code="other_kind"):
    """The log has it, but it is of another kind than was asked for, for instance an activity and no demand."""

    def __init__(self, demand: str, kind: str, wanted: str) -> None:
        super().__init__(demand)
        self.args, self.kind, self.wanted = (demand, kind, wanted), kind, wanted

    def _sentence(self) -> str:
        return f"{self.demand} is of kind {self.kind}, not {self.wanted}; flow.stream(…) gives streams of other kinds"


def of_kind(stream: Stream, kind: type[S]) -> S:
    """The stream, if it is of this kind. Raises OtherKind."""
    if isinstance(stream, kind):
        return stream
    raise OtherKind(str(stream.id), stream.stamp.kind or "demand", kind.KIND or "demand")


def _due_then_name(one: ClockState) -> tuple[datetime, str]:
    return one.due or one.began, one.clock
