"""What is written down is read back, for ever; and no exception of a library crosses the border."""

from __future__ import annotations

import json
import pickle
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
from eventsourcing.domain import DomainEventProtocol
from hypothesis import given
from hypothesis import strategies as st

import demandflow
from demandflow import (
    CLOSED_LOOP,
    START,
    STAY,
    Actor,
    Channel,
    Demand,
    DemandFlow,
    DemandFlowError,
    Event,
    InvalidValue,
    Meta,
    Move,
    Place,
    Stage,
    Stamp,
    State,
    StorageBusy,
    StorageError,
    Workflow,
    closed_loop,
)
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.errors import UnreadableEvent, WrongTenant
from demandflow.facts import Fact, Registered, Reported, Sorted, UnknownFact
from demandflow.store.log import Log, VersionTaken
from demandflow.store.mapper import FactMapper, Unreadable
from demandflow.testing.strategies import facts_for
from tests.stories import CLERK, T0, A, B, Story

GOLDEN = Path(__file__).parent / "golden_events.jsonl"
PLACED: Any = {"channel": "hotline", "place": "fufeng/c1"}


class Weighed(Fact):
    """A fact of a community's own."""

    TOPIC: ClassVar[str] = "market.weighed"
    kilos: int


MARKET = Workflow(
    "market",
    1,
    states=[State("open", Stage.FEEDBACK, owner="clerk"), State("done", Stage.ENDED, ended_as="closed")],
    moves=[Move("file", Registered, START, "open", by="clerk"), Move("weigh", Weighed, "open", "done", by="clerk")],
)


@st.composite
def envelopes(draw: st.DrawFn) -> Event:
    fact: Any = draw(st.sampled_from(STANDARD_FACTS).flatmap(lambda kind: facts_for(kind, Demand(A), [B], T0)))
    words = st.none() | st.sampled_from(("c-1", "因果"))
    meta = Meta(Actor("王芳", "auditor", draw(words)), T0, T0, "closed-loop@2", draw(words), draw(words), draw(words))
    means = draw(st.none() | st.just(("told", "asked")))
    stamp = Stamp("accept", "accepted", "contracting", 2, draw(words), means, draw(st.none() | st.just(T0)), None)
    return Event(A, draw(st.integers(1, 99)), fact, meta, stamp)


def test_the_envelope_is_what_the_event_store_takes() -> None:
    event = Story().tell("register").events[0]
    assert isinstance(event, DomainEventProtocol)
    assert (event.originator_id, event.originator_version) == (event.demand, event.version)


@given(envelopes())
def test_an_event_that_is_written_down_reads_back_the_same(event: Event) -> None:
    mapper = FactMapper(STANDARD_FACTS)
    stored = mapper.to_stored_event(event)
    assert mapper.to_domain_event(stored) == event
    assert b"null" not in stored.state
    assert json.loads(stored.state), "readable JSON"
    assert pickle.loads(pickle.dumps(event)) == event


def test_the_golden_events_load_for_ever() -> None:
    """The file was written once, by the first release. It is never written again; lines may be added."""
    from eventsourcing.persistence import StoredEvent

    mapper, seen = FactMapper(STANDARD_FACTS), set()
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        state = json.dumps(row["state"]).encode()
        event = mapper.to_domain_event(StoredEvent(UUID(row["demand"]), row["version"], row["topic"], state))
        assert not isinstance(event.fact, UnknownFact)
        assert json.loads(mapper.to_stored_event(event).state) == row["state"]
        seen.add(row["topic"])
    assert seen == {fact.TOPIC for fact in STANDARD_FACTS}


def test_who_knows_eventsourcing_reads_and_writes_the_same_rows(tmp_path: Path) -> None:
    from eventsourcing.persistence import EventStore, IntegrityError

    with DemandFlow.open(f"sqlite:///{tmp_path / 'flow.db'}") as flow, DemandFlow.open("memory:") as other:
        first, second = (flow.register(text, by=CLERK, **PLACED).id for text in ("路灯坏了", "plums"))
        flow.note(first, text="again", by=CLERK)
        recorder: Any = flow._log._recorder
        elsewhere: Any = other._log._recorder
        store, copy = (EventStore(FactMapper(STANDARD_FACTS), one) for one in (recorder, elsewhere))
        events = list(flow.events(first))
        assert list(store.get(first)) == events
        assert list(store.get(first, gt=1)) == list(store.get(first, desc=True, limit=1)) == events[1:]
        assert [one.notification.id for one in copy.put([*events, *store.get(second)])] == [1, 2, 3]
        with pytest.raises(IntegrityError):
            copy.put(events[1:])
        assert list(other.events(first)) == events
        read = recorder.select_notifications
        topics = {at: one.topic for at in (1, 2, 3) for one in read(at, 1)}
        assert topics == {1: "demand.registered", 2: "demand.registered", 3: "demand.noted"}
        assert [one.id for one in read(1, 5, stop=2, inclusive_of_start=False)] == [2]
        assert [one.id for one in read(None, 5, topics=["demand.noted"])] == [recorder.max_notification_id()] == [3]


def test_a_field_that_was_dropped_and_a_fact_that_is_not_known_still_load() -> None:
    mapper = FactMapper(STANDARD_FACTS)
    stored = mapper.to_stored_event(Story().tell("register accept").events[-1])
    body = json.loads(stored.state)
    body["fact"]["colour"] = body["meta"]["weather"] = "grey"
    with_extra = type(stored)(A, 2, stored.topic, json.dumps(body).encode())
    assert mapper.to_domain_event(with_extra) == mapper.to_domain_event(stored)
    strange = mapper.to_domain_event(type(stored)(A, 2, "market.weighed", json.dumps(body).encode()))
    assert strange.fact == UnknownFact(topic="market.weighed", body='{"colour": "grey"}')


def test_a_log_whose_facts_are_not_known_is_still_read(tmp_path: Path) -> None:
    url, clerk = f"sqlite:///{tmp_path / 'market.db'}", Actor("li", "clerk")
    with DemandFlow.open(url, workflows=(MARKET,)) as flow:
        demand = flow.register("plums", by=clerk, **PLACED).id
        assert dict(flow.act(demand, "weigh", Weighed(kilos=3), by=clerk).attributes) == {"kilos": 3}
    with DemandFlow.open(url) as stranger:
        assert stranger.demand(demand).state == "done"
        assert stranger.figures().identity.startswith("1 received = 0 open + 1 closed")
        assert "topic: market.weighed" in str(stranger.history(demand)[-1])
        with pytest.raises(
            demandflow.errors.UnknownWorkflow, match=r"market@1 was not given to open\(\) \(given: closed-loop@2"
        ):
            stranger.possible_moves(demand)


def test_an_event_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.db"
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        demand = flow.register("x", by=CLERK, **PLACED).id
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE stored_events SET state = '{\"fact\": 3}'")
    connection.close()
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        for read in (lambda: flow.demand(demand), lambda: flow.history(demand), lambda: list(flow.all_events())):
            with pytest.raises(StorageError, match=f"event 1 of demand {demand} .demand.registered. cannot be read"):
                read()
        assert flow.figures().parked == 1


def test_a_moment_that_is_stored_without_a_zone_cannot_be_read() -> None:
    mapper, (event, *_) = FactMapper(STANDARD_FACTS), Story().tell("register").events
    stored = mapper.to_stored_event(event)
    assert mapper.to_domain_event(stored) == event
    for what in (b"happened", b"recorded"):
        naive = stored.state.replace(b'"%s":"2025-03-01T08:00:00Z"' % what, b'"%s":"2025-03-01T08:00:00"' % what)
        assert naive != stored.state
        with pytest.raises(UnreadableEvent, match="timezone"):
            mapper.to_domain_event(replace(stored, state=naive))


def test_a_row_that_cannot_be_read_stops_no_page(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    log = Log(f"sqlite:///{path}", STANDARD_FACTS)
    events = Story().tell("register accept").events
    log.append(events)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE stored_events SET state = '{}' WHERE originator_version = 1")
    connection.close()
    (_, unreadable), after = log.page(0, 10)
    assert isinstance(unreadable, Unreadable)
    assert (unreadable.demand, unreadable.version, unreadable.topic) == (A, 1, "demand.registered")
    assert unreadable.reason == "Object missing required field `fact`"
    assert after == (2, events[1])
    with pytest.raises(UnreadableEvent, match=r"event 1 of demand .*registered\) cannot be read: Object missing"):
        log.events(A)
    log.close()


@pytest.mark.parametrize("version", ["'two'", "NULL", "0", "-3", "1.5"])
def test_a_version_that_is_none_is_refused_in_words(tmp_path: Path, version: str) -> None:
    path = tmp_path / "log.db"
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        demand, other = (flow.register(text, by=CLERK, **PLACED).id for text in "xy")
        flow.note(demand, "y", by=CLERK)
        flow.note(other, "y", by=CLERK)
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE stored_events SET originator_version = {version} WHERE rowid = 3")
    connection.close()
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        for ask in (flow.demand, flow.history, lambda demand: flow.note(demand, "z", by=CLERK)):
            with pytest.raises(DemandFlowError, match=f"demand {demand}"):
                ask(demand)
        assert flow.note(other, "z", by=CLERK).version == 3
        assert not flow.verify().ok


@pytest.mark.parametrize(
    ("url", "error", "says"),
    [
        ("postgres://x", InvalidValue, "possible: memory:, sqlite:///path"),
        ("sqlite:///", InvalidValue, "possible: memory:, sqlite:///path"),
        ("sqlite:///:memory:", InvalidValue, "possible: memory:, sqlite:///path"),
        ("sqlite:///x:memory:.db", InvalidValue, "possible: memory:, sqlite:///path"),
        ("sqlite:///x.db?mode=ro", InvalidValue, "possible: memory:, sqlite:///path"),
        ("sqlite:///x\x00.db", InvalidValue, "possible: memory:, sqlite:///path"),
        ("sqlite:///{folder}/no/such/flow.db", StorageError, "create it first"),
        ("sqlite:///{folder}", StorageError, "is a folder"),
        ("sqlite:///{folder}/text.db", StorageError, "cannot be used"),
    ],
)
def test_a_url_that_cannot_be_opened_says_why(tmp_path: Path, url: str, error: type[Exception], says: str) -> None:
    (tmp_path / "text.db").write_text("this is no database, but a letter to the mayor" * 9)
    with pytest.raises(error, match=says):
        DemandFlow.open(url.format(folder=tmp_path))


def test_one_tenant_one_log(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'flow.db'}"
    DemandFlow.open(url, tenant="fufeng").close()
    with pytest.raises(WrongTenant, match="belongs to tenant 'fufeng', not to 'linyou'") as caught:
        DemandFlow.open(url, tenant="linyou")
    assert pickle.loads(pickle.dumps(caught.value)).found == "fufeng"
    DemandFlow.open(url, tenant="fufeng").close()


def test_the_environment_of_the_process_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERSISTENCE_MODULE", "eventsourcing.popo")
    monkeypatch.setenv("COMPRESSOR_TOPIC", "eventsourcing.compressor:ZlibCompressor")
    url = f"sqlite:///{tmp_path / 'flow.db'}"
    with DemandFlow.open(url) as flow:
        demand = flow.register("路灯坏了", by=CLERK, **PLACED).id
    with DemandFlow.open(url) as flow:
        assert flow.demand(demand).text == "路灯坏了"


def test_a_version_is_recorded_once(tmp_path: Path) -> None:
    for url in ("memory:", f"sqlite:///{tmp_path / 'log.db'}"):
        log = Log(url, STANDARD_FACTS)
        first = Story().tell("register accept").events
        log.append(first)
        with pytest.raises(VersionTaken):
            log.append(first[1:])
        assert log.last_position() == 2
        assert [event for _, event in log.page(0, 10)] == log.events(A) == first
        assert log.page(1, 10) == [(2, first[1])]
        assert log.events(A, after=1) == log.events(A, upto=2)[1:] == first[1:]
        log.close()
        log.close()


@pytest.mark.long
def test_a_storage_that_is_held_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demandflow.store.sqlite.writer.BUSY_SECONDS", 0.05)
    monkeypatch.setattr("demandflow.projections.projector.BUSY_SECONDS", 0.05)
    path = tmp_path / "flow.db"
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        demand = flow.register("x", by=CLERK, **PLACED)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageBusy, match="try again"):
            flow.note(demand.id, "y", by=CLERK)
        with pytest.raises(StorageBusy, match="try again"):
            flow.figures()
        other.execute("ROLLBACK")
        other.close()
        assert flow.note(demand.id, "y", by=CLERK).version == 2
        assert flow.figures().count("received") == 1


def test_after_closing_nothing_can_be_read_or_recorded(log_url: str) -> None:
    flow = DemandFlow.open(log_url)
    demand = flow.register("x", by=CLERK, **PLACED).id
    flow.close()
    flow.close()
    for use in (flow.figures, lambda: flow.register("x", by=CLERK, **PLACED), lambda: flow.demand(demand)):
        with pytest.raises(StorageError, match="cannot be used: it is closed"):
            use()


class Measured(Fact):
    """A fact whose values JSON may not hold."""

    TOPIC: ClassVar[str] = "city.measured"
    value: Any = None
    due: Any = None


@pytest.mark.parametrize(
    "fact",
    [
        *({"value": value} for value in (float("nan"), float("inf"), 10**5000, b"\xff", (1, 2), {1: 2}, object())),
        *({"due": due} for due in ("soon", T0.replace(tzinfo=None), 3)),
    ],
)
def test_a_fact_that_could_not_be_read_again_is_not_recorded(fact: dict[str, Any]) -> None:
    measure = Move("measure", Measured, "open", "done", by="clerk")
    city = Workflow("city", 1, MARKET.states, [MARKET.moves[0], measure])
    clerk = Actor("li", "clerk")
    with DemandFlow.open("memory:", workflows=(city,)) as flow:
        demand = flow.register("x", by=clerk, **PLACED).id
        with pytest.raises(InvalidValue):
            flow.act(demand, "measure", Measured(**fact), by=clerk)
        with pytest.raises(InvalidValue), flow.batch() as batch:
            batch.act(demand, "measure", Measured(**fact), by=clerk)
        assert flow.demand(demand).version == 1
        assert flow.figures().count("open") == 1
        assert flow.act(demand, "measure", Measured(value="3 m"), by=clerk).attributes["value"] == "3 m"


class Quick(Reported):
    """Ours, but asking for less than ours does."""

    TOPIC: ClassVar[str] = "city.quick"
    words: str | None = None  # type: ignore[assignment]


def test_a_fact_that_extends_ours_can_be_read_as_ours() -> None:
    report = Move("report", Quick, "open", "done", by="clerk", means="reported")
    clerk = Actor("li", "clerk")
    city = Workflow("city", 1, MARKET.states, [MARKET.moves[0], report], tells_nobody=True)
    with DemandFlow.open("memory:", workflows=(city,)) as flow:
        demand = flow.register("x", by=clerk, **PLACED).id
        with pytest.raises(InvalidValue, match="Quick: cannot be written down and read back"):
            flow.act(demand, "report", Quick(resolved=True), by=clerk)
        assert flow.act(demand, "report", Quick(resolved=True, words="done"), by=clerk).state == "done"


class Opened(Registered):
    """Ours, and something more."""

    TOPIC: ClassVar[str] = "city.opened"
    queue: str | None = None


def test_a_fact_that_extends_ours_counts_the_same_whoever_reads_it(tmp_path: Path) -> None:
    move = replace(MARKET.moves[0], fact=Opened)
    sort = Move("sort", Sorted, "open", STAY, by="clerk")
    city = Workflow("city", 1, MARKET.states, [move, sort, MARKET.moves[1]])
    url, clerk = f"sqlite:///{tmp_path / 'city.db'}", Actor("li", "clerk")
    opened = Opened(text="x", channel=Channel("hotline"), place=Place("c1/g1"), queue="q7")
    with DemandFlow.open(url, workflows=(city,)) as flow, DemandFlow.open(url) as stranger:
        demand = flow.start(opened, by=clerk)
        assert dict(demand.attributes) == {"queue": "q7"}
        assert [*stranger.figures_by("place")] == ["c1"]
        assert stranger.demand(demand.id).place == "c1/g1"
        flow.act(demand.id, "sort", Sorted(place=Place("c2")), by=clerk)
        assert {key: one.count("received") for key, one in flow.figures_by("place").items()} == {"c2": 1}
        with pytest.raises(InvalidValue, match=r"starts with Opened, not Registered"):
            flow.register("y", by=clerk, **PLACED)


def test_a_topic_belongs_to_one_class_and_a_zone_is_a_zone() -> None:
    class Twice(Fact):
        TOPIC: ClassVar[str] = "market.weighed"

    moves = [Move("file", Registered, START, "open", by="clerk"), Move("weigh", Twice, "open", "done", by="clerk")]
    with pytest.raises(InvalidValue, match="Weighed and Twice share the topic"):
        DemandFlow.open("memory:", workflows=(MARKET, Workflow("other", 1, MARKET.states, moves)))
    with pytest.raises(InvalidValue, match="give at least one"):
        DemandFlow.open("memory:", workflows=())
    wrong: dict[str, dict[str, Any]] = {
        "such as Asia/Shanghai": {"zone": "Middle/Earth"},
        "zone: 3 is no time zone": {"zone": 3},
        "create: must be": {"create": "yes"},
        "two different ones are closed-loop@2": {"workflows": (CLOSED_LOOP, closed_loop(bound=1))},
        "must be several": {"workflows": CLOSED_LOOP},
        "is no Workflow": {"workflows": ("closed-loop@2",)},
        "tenant: .* control character": {"tenant": "\ud800"},
        "clock: must be a function": {"clock": T0},
        "new_id: must be a function": {"new_id": "x"},
    }
    for says, how in wrong.items():
        with pytest.raises(InvalidValue, match=says):
            DemandFlow.open("memory:", **how)
    with pytest.raises(InvalidValue, match="is not understood"):
        DemandFlow.open(None)  # type: ignore[arg-type]
    no_id: Any = lambda: "x"  # noqa: E731
    with DemandFlow.open("memory:", new_id=no_id) as flow, pytest.raises(InvalidValue, match="must make UUIDs"):
        flow.register("x", by=CLERK, **PLACED)
    assert CLOSED_LOOP.key == "closed-loop@2"


@pytest.mark.parametrize("name", [n for n in demandflow.__all__ if isinstance(getattr(demandflow, n), type)])
def test_every_error_can_be_pickled_and_speaks(name: str) -> None:
    kind = getattr(demandflow, name)
    if not issubclass(kind, DemandFlowError) or kind in (DemandFlowError, demandflow.Refusal):
        return
    arguments = {
        "InvalidWorkflow": ("w", ("d",)),
        "MoveNotAllowed": ("m", "s", ("p",)),
        "RoleNotAllowed": ("m", "r", ()),
        "RuleBroken": ("m", (("rule", "objection"),)),
        "StaleDemand": ("m", "c"),
        "UnknownWorkflow": ("w", ()),
        "CommandConflict": ("w", "d", ("x",)),
        "BackdatingNotAllowed": ("li", "auditor", T0, T0, ()),
        "ClockBehind": (T0, T0, "something"),
        "DemandNotFound": ("d",),
        "InvalidValue": ("w", "p"),
        "UnreadableEvent": ("d", 3, "demand.noted", "fact.text: gone"),
        "WrongTenant": ("w", None),
        "WrongZone": ("UTC", "Asia/Shanghai"),
        "NotALog": ("x.db", "it is empty"),
        "UnknownFormat": ("2", "1"),
        "WorkflowChanged": ("w@1", ("move a: x → y",)),
        "HistoryIncomplete": (("version 1 is missing",),),
        "YearNotCovered": ("office", 2027, (2025, 2026)),
    }.get(name, ("it broke",))
    error = kind(*arguments)
    if isinstance(error, demandflow.Refusal):
        error.meanwhile = ("wang (auditor) accept → accepted",)
        assert "meanwhile: wang" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.args) == (str(error), error.args)
    assert str(error)
