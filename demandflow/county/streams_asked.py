"""What can be asked about streams of other kinds than demands, and about what people did."""

from __future__ import annotations

from threading import Lock

from demandflow.batches import Batches
from demandflow.commands import kind_of_stream
from demandflow.domain.stream import S
from demandflow.errors import InvalidValue, brief
from demandflow.inputs.arguments import yes_or_no
from demandflow.projections.streams import StreamTables
from demandflow.store.log import Log


class StreamsAsked(Batches):
    """What can be asked about streams of other kinds. Their tables are made when somebody first asks."""

    _log: Log
    _made: StreamTables | None = None
    _making = Lock()
    zone: str

    @property
    def stream_tables(self) -> StreamTables:
        """The tables of streams and credits, made when they are first needed."""
        with self._making:
            if self._made is None:
                from demandflow.county.credits import earned

                self._made = StreamTables(self._log, self._workflows, earned)
            return self._made

    def _close_streams(self) -> None:
        if self._made is not None:
            self._made.close()

    @property
    def _other_kinds(self) -> tuple[StreamTables, ...]:
        """The tables of streams, if the log may have any."""
        any_here = self._made is not None or any(one.of.KIND is not None for one in self._workflows.built)
        return (self.stream_tables,) if any_here else ()

    def last_position(self) -> int:
        """The position of the newest event of the log, by which a report says what it knows; 0 if there is none."""
        return self._log.last_position()

    def streams(self, kind: type[S], *, ended: bool | None = None) -> tuple[S, ...]:
        """All streams of this kind as they are, in the order in which they began; if asked, those ended or open.

        Demands are on the board. Raises InvalidValue.
        """
        if kind_of_stream(kind, "kind").KIND is None:
            raise InvalidValue("kind", f"must be a kind of stream that is no demand (see board()), got {brief(kind)}")
        if ended is not None:
            yes_or_no("ended", ended)
        return tuple(self.stream(kind, it) for it in self.stream_tables.of_kind(str(kind.KIND), ended=ended))
