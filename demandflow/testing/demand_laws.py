"""The laws of a single demand: what is recorded, what is refused, and that it can always be told again."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

from pydantic import BaseModel

from demandflow.domain.checks.bounds import CONTRACTS, MANY, OFTEN
from demandflow.domain.corrections import with_corrections
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.evolve import evolve, fold
from demandflow.domain.facts import Corrected, Merged, MovedOver, Noted, Registered, Unmerged
from demandflow.domain.moves import ASKING, NEW_ROUND, Move, sources
from demandflow.domain.values import Actor, Role
from demandflow.errors import CommandConflict, DemandFlowError, InvalidValue, RoleNotAllowed, StaleDemand
from demandflow.projections.standing import slice_of, standing
from demandflow.testing.choosing import Surroundings, fact_of
from demandflow.testing.histories import Step
from demandflow.testing.law import law
from demandflow.testing.people import actors_for
from demandflow.testing.picture import differences
from demandflow.testing.playing import Played, command

STRANGER = Actor("stranger", "no_role_of_this_workflow")
LAST = 4
"""Laws that ask again about single steps ask about so many of the last."""


@law
def refused_changes_nothing(played: Played) -> None:
    """What the table or a rule forbids raises the right error, says why, and records nothing."""
    for done in played.done:
        if done.expected.error is None:
            continue
        got = done.answer
        assert not done.accepted, f"{_said(done.step)} was recorded, though {done.expected.error} was expected"
        assert isinstance(got, DemandFlowError), f"{_said(done.step)} raised {got!r} instead of {done.expected.error}"
        assert type(got).__name__ == done.expected.error, (
            f"{_said(done.step)}: {done.expected.error} was expected, got {type(got).__name__}: {got}"
        )
        assert str(got), f"{_said(done.step)} was refused without a word"
        assert not done.recorded, f"{_said(done.step)} was refused, and yet something was recorded"


@law
def accepted_records_exactly_what_it_says(played: Played) -> None:
    """What is allowed is recorded: this fact, by this actor, at this moment, under this command, and nothing else."""
    for done in played.done:
        if done.expected.error is not None:
            continue
        assert done.accepted, f"{_said(done.step)} was refused, though the table and the rules allow it: {done.answer}"
        assert len(done.recorded) == len(done.expected.events), (
            f"{_said(done.step)} recorded {len(done.recorded)} facts instead of {len(done.expected.events)}"
        )
        for got, want in zip(done.recorded, done.expected.events, strict=True):
            other_side = isinstance(want.fact, Registered) or want.demand.int != done.step.demand
            meta = as_if(want.meta, command_id=None if other_side else f"step {done.number}")
            for what, one, other in (
                ("demand", got.demand, want.demand),
                ("version", got.version, want.version),
                ("fact", got.fact, want.fact),
                ("kind of fact", type(got.fact), type(want.fact)),
                ("circumstances", got.meta, meta),
            ):
                assert one == other, f"{_said(done.step)}: another {what} was recorded: {one!r} instead of {other!r}"


@law
def a_move_lands_where_the_table_says(played: Played) -> None:
    """The state, stage, end, round, clocks, due moment and meaning of every step are those that the table declares."""
    for done in played.done:
        for got, want in zip(done.recorded, done.expected.events, strict=False):
            for name in want.stamp.__struct_fields__:
                one, other = getattr(got.stamp, name), getattr(want.stamp, name)
                assert one == other, f"{_said(done.step)} gave {name} {one!r}, the table says {other!r}"


@law
def a_demand_looks_as_its_history_says(played: Played) -> None:
    """After each event, every field of a demand is what can be read off all that was recorded of it by then."""
    for demand in played.demands:
        events = played.recorded(demand)
        stood: Demand | None = None
        for number, event in enumerate(events, start=1):
            stood = evolve(stood, event)
            found = differences(stood, events[:number])
            assert not found, f"demand {demand.int} after event {number}: " + "; ".join(found)
        found = differences(played.flow.demand(demand), events)
        assert not found, f"demand {demand.int}: " + "; ".join(found)


@law
def replay_equals_live(played: Played) -> None:
    """Folding what was recorded gives the demand that each command returned."""
    for done in played.done:
        if isinstance(done.answer, Demand):
            events = played.recorded(done.answer.id)
            assert [event.version for event in events] == list(range(1, len(events) + 1)), "versions have gaps"
            told = fold(events[: done.answer.version])
            assert told == done.answer, f"after {_said(done.step)}, replaying gives another demand than the command did"
    for demand in played.demands:
        assert fold(played.recorded(demand)) == played.flow.demand(demand), "reading and replaying differ"


@law
def snapshot_plus_tail_equals_full_replay(played: Played) -> None:
    """A demand put aside after any step and gone on with later is the same as one told from the start."""
    for demand in played.demands:
        events = played.recorded(demand)
        whole = fold(events)
        for cut in {0, 1, len(events) // 2, len(events) - 1, len(events)}:
            kept = pickle.loads(pickle.dumps(fold(events[:cut])))  # noqa: S301
            assert fold(events[cut:], kept) == whole, f"put aside after step {cut}, demand {demand.int} is another one"


@law
def serialise_load_is_the_identity(played: Played) -> None:
    """What is read from the log is what was written to it, to the type of every field."""
    for demand in played.demands:
        wanted, found = played.expected[demand], played.recorded(demand)
        assert len(found) == len(wanted), f"{len(found)} events were read of demand {demand.int}, {len(wanted)} written"
        for want, got in zip(wanted, found, strict=True):
            assert got.fact == want.fact, f"{want.stamp.move}: {got.fact!r} was read, {want.fact!r} was written"
            different = _other_types(want.fact, got.fact, type(want.fact).__name__)
            assert not different, f"{want.stamp.move}: {different}"


@law
def corrections_equal_having_been_right(played: Played) -> None:
    """A corrected demand stands for what it would, had everything been recorded right at once."""
    for demand in played.demands:
        events = played.recorded(demand)
        if any(isinstance(event.fact, Corrected) for event in events):
            live, right = fold(events), fold(with_corrections(events))
            assert live is not None
            assert right is not None
            assert (standing(right), slice_of(right)) == (standing(live), slice_of(live)), (
                "a correction was not applied"
            )


@law
def nobody_acts_beyond_their_role(played: Played) -> None:
    """Every step was made by a role that the table names, and no other role can make one now."""
    for demand in played.demands:
        before = ""
        for event in played.recorded(demand):
            roles = _roles(played, event.stamp.move, before)
            assert event.meta.actor.role in roles, (
                f"{event.stamp.move} was made by {event.meta.actor.role}; the table says {sorted(roles)}"
            )
            before = event.stamp.state
    began = played.flow._log.last_position()
    for demand in played.demands:
        live = played.flow.demand(demand)
        grades = played.workflow.grades.words
        around = Surroundings(live, [demand], played.clock.now, played.other_keys(live), grades)
        for move, possible in _moves_from(played, live):
            others = sorted({role for one in played.workflow.moves for role in one.roles} - possible)
            for by in (STRANGER, *(Actor("zhao", role) for role in others[:2])):
                try:
                    fact = fact_of(move.fact, 0, around)
                except InvalidValue:
                    continue  # no sample is known; what a fact says is looked at after who says it
                got = _answer(played, Step(demand.int, move.name, fact, by))
                assert isinstance(got, RoleNotAllowed), (
                    f"{by.role} got {got!r} for {move.name}, which only {possible} may"
                )
    assert played.flow._log.last_position() == began, "somebody made a move beyond their role"


@law
def what_is_possible_is_said(played: Played) -> None:
    """possible_moves() names moves that the table has here, and who may; what it leaves out is refused whoever asks."""
    for demand in played.demands:
        live = played.flow.demand(demand)
        said = {move.name: set(move.roles) for move in played.flow.possible_moves(demand)}
        table = played.telling.shadow.possible(live)
        for name, roles in said.items():
            assert roles <= table.get(name, set()), f"in {live.state}, possible_moves() says {name} for {roles}"
        for name, roles in table.items():
            for role in roles - said.get(name, set()) - {Role.POLICY}:
                _is_refused(played, live, name, role)


def _is_refused(played: Played, live: Demand, name: str, role: str) -> None:
    """Nobody in this role can make the move, whatever the fact says."""
    others = [one for one in played.demands if one != live.id]
    around = Surroundings(live, others, played.clock.now, grades=played.workflow.grades.words)
    kind = next(move.fact for move in played.workflow.moves if move.name == name)
    for by, number in product(actors_for(role, live)[:LAST], range(LAST)):
        try:
            step = Step(live.id.int, name, fact_of(kind, number, around), by)
        except InvalidValue:
            continue  # no sample is known
        error = played.telling.expected(step).error
        assert error is not None, f"{_said(step)} is possible, and possible_moves() does not say so"


@law
def asking_twice_records_once(played: Played) -> None:
    """The same command id again returns the same demand and records nothing; with another content it is refused."""
    began = played.flow._log.last_position()
    steps = [done for done in played.done if done.expected.error is None and done.accepted]
    for done in [one for one in steps if not isinstance(one.step.fact, Registered)][-LAST:]:
        at = done.expected.at if done.step.late else None
        again = command(played.flow, done.step, at, command_id=f"step {done.number}")
        assert again == done.answer, f"{_said(done.step)} asked twice gave another demand"
        somebody = replace(done.step, by=as_if(done.step.by, id="somebody else"))
        try:
            command(played.flow, somebody, at, command_id=f"step {done.number}")
        except CommandConflict:
            pass
        else:
            raise AssertionError(f"{_said(done.step)}: somebody else used the same command id unnoticed")
    assert played.flow._log.last_position() == began, "asking twice recorded twice"


@law
def who_decided_on_what_is_no_longer_so_is_told(played: Played) -> None:
    """Who might have done it on an outdated view is refused as overtaken; who might not hears only that."""
    began = played.flow._log.last_position()
    for demand in played.demands:
        live = played.flow.demand(demand)
        steps = [done for done in played.done if done.accepted and done.step.demand == demand.int and _alone(done.step)]
        for done in [one for one in steps if _decided_on(one.expected.before) != _decided_on(live)][-1:]:
            seen, now = done.expected.before, replace(done.step, late=timedelta(0))
            want = played.telling.shadow.expected(seen, played.telling.proposal(now, seen))
            for by in (now.by, STRANGER):
                step = replace(now, by=by)
                expected = "RoleNotAllowed" if by is STRANGER else want if isinstance(want, str) else "StaleDemand"
                error = _answer(played, step, seen=seen.version)
                assert type(error).__name__ == expected, (
                    f"{_said(step)} on a demand seen in {_decided_on(seen)}, now in {_decided_on(live)}: {error!r}"
                )
        error = _answer(played, Step(demand.int, _some_move(played, live), Noted(text="x"), STRANGER), seen=live)
        assert not isinstance(error, StaleDemand), "a command on the present view was told to be overtaken"
    assert played.flow._log.last_position() == began, "an overtaken command recorded something"


@law
def no_way_past_feedback(played: Played) -> None:
    """What was reported is not closed in that round before the resident was asked, unless it is declared silent."""
    workflow = played.workflow
    if workflow.tells_nobody:
        return
    ends = {state.name: state.ended_as for state in workflow.states}
    silent = {(move.name, str(move.to)) for move in workflow.moves if move.silent}
    for demand in played.demands:
        owed, end = False, None
        for event in played.recorded(demand):
            means = set(event.stamp.means or ())
            owed = not means & (ASKING | NEW_ROUND) and (owed or "reported" in means)
            closes = ends[event.stamp.state] == "closed" and end != "closed"
            quietly = (event.stamp.move, event.stamp.state) in silent
            assert not (closes and owed and not quietly), f"{event.stamp.move} closed it before the resident was asked"
            end = ends[event.stamp.state]


@law
def rework_is_bounded(played: Played) -> None:
    """What sends a demand back would not, had it gone round a million times."""
    for done in played.done:
        before = done.expected.before
        if not done.recorded or "reworked" not in (done.recorded[0].stamp.means or ()):
            continue
        late = as_if(before, round=OFTEN, handbacks=OFTEN, missed_callbacks=OFTEN, contracts=CONTRACTS)
        late = as_if(late, facts=(*before.facts, *(Noted,) * MANY))
        proposal = as_if(done.expected.proposal, at=done.expected.at + timedelta(days=3650))
        row = played.workflow.row_for(late, proposal)
        bounded = "reworked" not in row.move.meanings or any(rule(late, proposal) for rule in row.move.rules)
        assert bounded, f"{_said(done.step)} sends it back however often it went round"


DEMAND_LAWS = (
    refused_changes_nothing,
    accepted_records_exactly_what_it_says,
    a_move_lands_where_the_table_says,
    a_demand_looks_as_its_history_says,
    replay_equals_live,
    snapshot_plus_tail_equals_full_replay,
    serialise_load_is_the_identity,
    corrections_equal_having_been_right,
    nobody_acts_beyond_their_role,
    what_is_possible_is_said,
    asking_twice_records_once,
    who_decided_on_what_is_no_longer_so_is_told,
    no_way_past_feedback,
    rework_is_bounded,
)


def _other_types(want: object, got: object, where: str) -> str:
    """Where a value is of another type, however deep."""
    if type(want) is not type(got):
        return f"{where} was read as {type(got).__name__}, was {type(want).__name__}"
    inner: list[tuple[object, object, str]] = []
    if isinstance(want, BaseModel) and isinstance(got, BaseModel):
        inner = [(value, got.__dict__.get(name), f"{where}.{name}") for name, value in want.__dict__.items()]
    elif isinstance(want, tuple | list) and isinstance(got, tuple | list):
        inner = [(one, other, f"{where}[{n}]") for n, (one, other) in enumerate(zip(want, got, strict=False))]
    return next((found for one, other, at in inner if (found := _other_types(one, other, at))), "")


def _moves_from(played: Played, live: Demand) -> Iterator[tuple[Move, set[str]]]:
    """The moves that leave where the demand stands, once by name, with the roles that may make them."""
    possible = played.telling.shadow.possible(live)
    for name, roles in possible.items():
        yield next(move for move in played.workflow.moves if move.name == name), roles


def _alone(step: Step) -> bool:
    """Whether it is judged on its demand alone, on the workflow that it is on."""
    return not isinstance(step.fact, Registered | Merged | Unmerged | MovedOver)


def _decided_on(demand: Demand) -> tuple[object, ...]:
    return demand.state, demand.round, demand.contractor


def _some_move(played: Played, demand: Demand) -> str:
    return next((name for name in played.telling.shadow.possible(demand)), "none")


def _roles(played: Played, name: str, state: str) -> set[str]:
    moves = (move for move in played.workflow.moves if move.name == name)
    return {role for move in moves if state in sources(move, played.workflow.states) for role in move.roles}


def _answer(played: Played, step: Step, **how: Any) -> Demand | Exception:
    try:
        return command(played.flow, step, None, **how)
    except DemandFlowError as error:
        return error


def _said(step: Step) -> str:
    return f"{step.move} by {step.by.id} ({step.by.role}) on demand {step.demand}"
