"""Reactions that failed, or were dropped: they are not in the log, and have a table of their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from demandflow.store.tables.moments import moment_of, written
from demandflow.store.tables.tables import Tables

SCHEMA = """
CREATE TABLE demandflow_parked (
    policy TEXT NOT NULL, demand TEXT NOT NULL, cause TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
    dropped INTEGER NOT NULL, PRIMARY KEY (policy, demand, cause)
);
"""


@dataclass(frozen=True, slots=True)
class ParkedReaction:
    """A reaction that failed, why, and since when; it waits to be retried or dropped."""

    policy: str
    demand: UUID
    cause: str
    reason: str
    at: datetime


class ParkedReactions:
    """The table of reactions that are parked or dropped, in the file of the agenda."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def all(self) -> tuple[ParkedReaction, ...]:
        """What is parked, the oldest first."""
        with self._tables.locked():
            rows = self._tables.connection.execute(
                "SELECT policy, demand, cause, reason, at FROM demandflow_parked WHERE dropped = 0 "
                "ORDER BY at, demand, policy, cause"
            ).fetchall()
        return tuple(
            ParkedReaction(policy, UUID(demand), cause, why, moment_of(at)) for policy, demand, cause, why, at in rows
        )

    def drop(self, parked: Iterable[ParkedReaction]) -> None:
        """Let these never be asked again."""
        with self._tables.locked(), self._tables.transaction():
            self._tables.connection.executemany(
                "UPDATE demandflow_parked SET dropped = 1 WHERE policy = ? AND demand = ? AND cause = ?",
                [(reaction.policy, reaction.demand.hex, reaction.cause) for reaction in parked],
            )

    def park(self, parked: Iterable[ParkedReaction]) -> list[ParkedReaction]:
        """Park these; returns those that were neither parked nor dropped already. Within a transaction."""
        put = "INSERT INTO demandflow_parked VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING"
        rows = (
            (reaction, (reaction.policy, reaction.demand.hex, reaction.cause, reaction.reason, written(reaction.at)))
            for reaction in parked
        )
        return [reaction for reaction, row in rows if self._tables.connection.execute(put, row).rowcount]

    def unpark(self, keys: Iterable[tuple[str, UUID, str]]) -> None:
        """Let go what is parked of these: policy, demand, cause. Within a transaction."""
        self._tables.connection.executemany(
            "DELETE FROM demandflow_parked WHERE policy = ? AND demand = ? AND cause = ? AND dropped = 0",
            [(policy, demand.hex, cause) for policy, demand, cause in keys],
        )
