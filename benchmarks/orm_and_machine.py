"""A contestant: the same life as a row with a status, changed by SQLAlchemy's ORM, guarded by a transitions machine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import ForeignKey, create_engine, event, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from transitions import Machine


class Base(DeclarativeBase):  # type: ignore[misc]
    """Its tables."""


class Demand(Base):
    """A demand as it stands."""

    __tablename__ = "demands"
    id: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(index=True)
    text: Mapped[str]
    channel: Mapped[str]
    place: Mapped[str] = mapped_column(index=True)
    resident: Mapped[str]
    received: Mapped[datetime]
    contractor: Mapped[str | None]
    resolved: Mapped[bool | None]
    grade: Mapped[str | None]


class Happened(Base):
    """What was done to it, when and by whom."""

    __tablename__ = "history"
    id: Mapped[int] = mapped_column(primary_key=True)
    demand: Mapped[str] = mapped_column(ForeignKey("demands.id"), index=True)
    what: Mapped[str]
    words: Mapped[str | None]
    actor: Mapped[str]
    role: Mapped[str]
    at: Mapped[datetime]


# fmt: off
TABLE = Machine(
    model=None, initial=None, auto_transitions=False,
    states=["registered", "accepted", "contracted_out", "in_hand", "reported", "fed_back", "closed"],
    transitions=[
        ["accept", "registered", "accepted"],
        ["contract_out", "accepted", "contracted_out"],
        ["take_on", "contracted_out", "in_hand"],
        ["report", "in_hand", "reported"],
        ["feed_back", "reported", "fed_back"],
        ["evaluate", "fed_back", "closed"],
    ],
)
ROLES = {
    "accept": "auditor", "contract_out": "dispatcher", "take_on": "contractor", "report": "contractor",
    "feed_back": "grid_administrator", "evaluate": "resident",
}
# fmt: on


class OrmAndMachine:
    """Demands in two tables of a SQLite database: one transaction a command."""

    def __init__(self, file: Path, synchronous: str) -> None:
        self.engine = create_engine(f"sqlite:///{file}")

        @event.listens_for(self.engine, "connect")  # type: ignore[untyped-decorator]
        def _set(connection: Any, _: Any) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={synchronous}")

        Base.metadata.create_all(self.engine)

    def register(self, actor: str, role: str, **said: str) -> str:
        """A new demand."""
        with Session(self.engine) as session:
            demand, now = uuid4().hex, datetime.now(UTC)
            session.add(Demand(id=demand, status="registered", received=now, **said))
            session.add(Happened(demand=demand, what="register", actor=actor, role=role, at=now))
            session.commit()
        return demand

    def act(self, demand_id: str, move: str, actor: str, role: str, words: str | None = None, **change: Any) -> None:
        """Make a move, if the machine has it and it is this role's."""
        with Session(self.engine) as session:
            demand = session.get_one(Demand, demand_id)
            possible = TABLE.get_transitions(move, demand.status)
            if not possible or ROLES[move] != role:
                raise ValueError(f"{move} is not possible from {demand.status} by {role}")
            demand.status = possible[0].dest
            for name, value in change.items():
                setattr(demand, name, value)
            now = datetime.now(UTC)
            session.add(Happened(demand=demand_id, what=move, words=words, actor=actor, role=role, at=now))
            session.commit()

    def live(self) -> None:
        """One demand, from registration to evaluation."""
        said = {"text": "路灯坏了", "channel": "hotline", "place": "fufeng/nanguan/g3", "resident": "张三"}
        lamp = self.register("Li", "grid_administrator", **said)
        self.act(lamp, "accept", "Wang", "auditor")
        self.act(lamp, "contract_out", "Zhao", "dispatcher", contractor="lighting team")
        self.act(lamp, "take_on", "Chen", "contractor")
        self.act(lamp, "report", "Chen", "contractor", "A new bulb.")
        self.act(lamp, "feed_back", "Li", "grid_administrator", "call")
        self.act(lamp, "evaluate", "张三", "resident", resolved=True, grade="satisfied")

    def check(self, demands: int, events: int) -> None:
        """All were closed and resolved, and left as many lines of history."""
        with Session(self.engine) as session:
            ended = select(func.count()).where(Demand.status == "closed", Demand.resolved)
            assert session.scalar(ended) == session.scalar(select(func.count(Demand.id))) == demands
            assert session.scalar(select(func.count(Happened.id))) == events

    def close(self) -> None:
        """Close its file."""
        self.engine.dispose()
