"""When each of the standard policies wakes for a demand, and what it then proposes: each once more, naively."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from functools import partial
from hashlib import sha256
from typing import Any

from demandflow.calendars.calendar import Calendar
from demandflow.domain.fact import Fact
from demandflow.domain.facts import (
    ContractedOut,
    Escalated,
    HandedBack,
    Noted,
    NoticeEnded,
    Notified,
    Reopened,
    Supported,
    SupportEnded,
)
from demandflow.errors import YearNotCovered
from demandflow.policies import (
    CallBacks,
    Dispatch,
    NoticesEnd,
    Reminders,
    ReopenWindow,
    ReviewSuspended,
    Sorting,
    TellSupporters,
)
from demandflow.testing.model.asked import About, Fails, Wake, always, kept, later, shown, sooner, spelled
from demandflow.testing.model.calendars import DAY, naive
from demandflow.testing.model.repeats import repeated, within
from demandflow.testing.people import CONTRACTORS
from demandflow.testing.whims import (
    AFTER,
    CONTRACTOR,
    CORRELATION,
    FOURTH,
    LONG,
    OTHER,
    THIRD,
    THOUGHT,
    Whims,
)

MOST_OF_A_CAUSE = 300
CAN_COME_BACK = ("closed", "refused", "withdrawn")


def reminders(policy: Reminders, it: About) -> Iterator[Wake]:
    """Each step of each due moment; only the latest that has passed says something."""
    demand, declared = it.demand, {clock.name: clock for clock in it.workflow.clocks}
    running = [clock for clock in demand.clocks if clock.status == "running"]
    for clock in running if demand.ended_as is None and it.may(Notified) else ():
        if clock.due is None:
            what = f"nobody knows when {clock.clock} is due: the calendar does not know the year"
            told = Notified(to="supervisor", kind="undated", what=what)
            yield Wake(clock.began, f"{clock.clock} undated, begun {spelled(clock.began)}", always(told))
    dues = [(c.clock, c.due, c.began, declared[c.clock].calendar) for c in running if c.due is not None]
    whole = "due"
    while whole in declared:
        whole = f"{whole} of the whole"
    if demand.due is not None and demand.received is not None:
        dues.append((whole, demand.due, demand.received, policy.calendar))  # type: ignore[arg-type]
    for name, due, began, calendar in dues if demand.ended_as is None else ():
        yield from _steps(policy, it, name, due, began, calendar)


def _steps(
    policy: Reminders, it: About, name: str, due: datetime, began: datetime, calendar: Calendar | None
) -> Iterator[Wake]:
    steps: list[tuple[datetime, str, Any]] = []
    for step in policy.steps:
        at, kind = due, "due_now"
        if step.before is not None:
            at, kind = sooner(due, step.before, calendar), "due_soon"
        if step.after is not None:
            at, kind = later(due, step.after, calendar), "overdue"
        if at > began and (not step.clocks or name in step.clocks):
            steps.append((at, kind, step))

    def says(now: datetime) -> str:
        return f"{name} {'was' if due < now else 'is'} due {shown(due, calendar)}"

    def reminds(now: datetime, at: datetime, kind: str, to: str) -> Fact | None:
        passed = any(at < other <= now for other, _, _ in steps)
        return None if passed else it.notice(to, kind, says(now))

    def escalates(now: datetime) -> Fact | None:
        return None if it.demand.escalated or it.owned == "resident" else Escalated(reason=says(now))

    for at, kind, step in steps:
        when = "due" if kind == "due_now" else f"{step.before} before" if step.before else f"{step.after} after"
        only = f" ({', '.join(step.clocks)})" if step.clocks else ""
        cause = f"{name} {spelled(due)} {when}, to {step.to}{only}"
        if it.may(Notified):
            yield Wake(at, cause, partial(reminds, at=at, kind=kind, to=step.to))
        if step.escalate and it.may(Escalated):
            yield Wake(at, f"{cause}, escalated", escalates)


def call_backs(policy: CallBacks, it: About) -> Iterator[Wake]:
    """Each attempt that was not missed yet; the last whose time has come."""
    demand, told = it.demand, it.demand.told_at
    silent = demand.ended_as is None and demand.asked and not demand.evaluated and demand.stage == "evaluation"
    if told is None or not silent or demand.resident is None or not it.may(Notified):
        return
    number, missed = len(policy.after), demand.missed_callbacks
    attempts = [(n, later(told, span, policy.calendar)) for n, span in enumerate(policy.after, 1) if n > missed]
    for n, at in attempts:

        def call(now: datetime, n: int = n) -> Fact | None:
            what = f"call back for an evaluation, attempt {n} of {number}; missed: {missed}"
            late = any(other > n and its <= now for other, its in attempts)
            return None if late else Notified(to="grid_administrator", kind="call_back", what=what)

        yield Wake(at, f"call {n}, told {spelled(told)}", call)


def notices_end(policy: NoticesEnd, it: About) -> Iterator[Wake]:
    """When the notice has hung long enough."""
    demand, told = it.demand, it.demand.told_at
    if told is None or demand.ended_as is not None or demand.resident is not None or demand.evaluated:
        return
    if it.may(NoticeEnded):
        wanted = [*it.numbers("the_notice_period_is_over", NoticeEnded), *([policy.days] if policy.days else [])]
        at = kept(told + max(wanted, default=7) * DAY)
        yield Wake(at, f"notice of {spelled(told)}", always(NoticeEnded()))


def reviews(policy: ReviewSuspended, it: About) -> Iterator[Wake]:
    """When a suspended demand is to be looked at again."""
    review = it.demand.review
    if review is not None and it.demand.ended_as is None and it.may(Notified):
        at = sooner(review, policy.before, policy.calendar)
        what = f"to be looked at again {shown(review, policy.calendar)}"
        yield Wake(at, f"review {spelled(review)}", always(it.notice("owner", "review", what)))


def reopen_window(policy: ReopenWindow, it: About) -> Iterator[Wake]:
    """Some days before nobody can come back any more, while one can."""
    demand, ended = it.demand, it.demand.ended
    if ended is None or demand.ended_as not in CAN_COME_BACK or demand.resident is None:
        return
    if it.moves(Reopened) and it.may(Notified):
        wanted = [*it.numbers("the_reopening_window_is_open", Reopened), *([policy.days] if policy.days else [])]
        until = ended + min(wanted, default=30) * DAY
        what = f"it can be taken up again until {shown(until, policy.calendar)}"
        told = Notified(to="resident", kind="window_closes", what=what, whom=demand.resident)
        at = kept(max(until - policy.before_days * DAY, ended))
        yield Wake(at, f"window until {spelled(until)}", lambda now: told if now <= until else None)


def tell_supporters(policy: TellSupporters, it: About) -> Iterator[Wake]:
    """As soon as it is in another state: whoever has supported it from before that until now."""
    events, supporters = it.world.events[it.demand.id], dict[str, None]()
    moved = max(n for n, e in enumerate(events) if n == 0 or e.stamp.state != events[n - 1].stamp.state)
    for n, said in enumerate(event.fact for event in events[:moved]):
        ends = [event.fact.who for event in events[n:] if isinstance(event.fact, SupportEnded)]
        if isinstance(said, Supported) and said.who not in ends:
            supporters[said.who] = None
    told = [Notified(to="supporter", kind="moved", what=it.demand.state, whom=who) for who in supporters]
    if told and it.demand.since is not None and it.may(Notified):
        yield Wake(it.demand.since, f"moved by event {moved + 1}", lambda _: tuple(told))


def dispatch(policy: Dispatch, it: About) -> Iterator[Wake]:
    """At once, wherever a policy may contract out: to somebody, or the dispatcher is told that there is nobody."""
    demand = it.demand
    if demand.ended_as is not None or demand.since is None or not it.may(ContractedOut):
        return
    what = f"{demand.category or 'no category'} at {demand.place or 'no place'}"
    cause = f"round {demand.round}, after {len(demand.contracts)} contracts: {what}"

    def gives(_: datetime) -> Fact | None:
        chosen = _chosen(policy, it)
        again = chosen == demand.lead
        return None if chosen is None else ContractedOut(contractor=chosen, reason=None if again else what)

    def tells(_: datetime) -> Fact | None:
        nobody = f"nobody is there to see to {what}"
        return None if _chosen(policy, it) else Notified(to="dispatcher", kind="no_owner", what=nobody)

    yield Wake(demand.since, cause, gives)
    if it.may(Notified):
        yield Wake(demand.since, f"no owner: {cause}", tells)


def _chosen(policy: Dispatch, it: About) -> str | None:
    """Of the units that fit best, who has least in hand; not who audited, evaluated or once handed it back."""
    demand = it.demand
    barred = {*demand.auditors, *demand.evaluators}
    for version, fact in enumerate(demand.facts, 1):
        if issubclass(fact, HandedBack):
            barred |= {name for _, name in [one for one in demand.contracts if one[0] < version][-1:]}
    fitting: list[tuple[int, int, int, str]] = []
    for unit in policy.units:
        categories = [name for name in unit.categories if within(demand.category, name)]
        fits = (unit.place is None or within(demand.place, unit.place)) and (categories or not unit.categories)
        if fits and unit.name not in barred:
            deep = (depth(unit.place), max(map(depth, categories), default=0))
            fitting.append((-deep[0], -deep[1], it.world.policies.load(unit.name), unit.name))
    if fitting:
        return min(fitting)[-1]
    return None if policy.fallback in barred else policy.fallback


def depth(path: str | None) -> int:
    """How many names a path has."""
    return 0 if path is None else len(path.split("/"))


def sorting(policy: Sorting, it: About) -> Iterator[Wake]:
    """At the next set hour of a working day."""
    demand = it.demand
    if demand.ended_as is not None or demand.stage != "audit" or demand.since is None:
        return
    at = _set_hour(policy, demand.since)
    hour = f"{naive(policy.calendar).wall(at):%Y-%m-%dT%H:%M}"
    if policy.alike is not None and it.may(Noted):
        yield Wake(at, "repeats", lambda _: repeated(policy, it), hour)
    if demand.category is None and it.may(Notified):
        line = " ".join(demand.text.split())
        line = line if len(line) <= 60 else f"{line[:59]}…"
        told = Notified(to="auditor", kind="to_sort", what=f"to be sorted, {demand.place}: {line}")
        yield Wake(at, f"sort at {hour}", always(told), hour)


def _set_hour(policy: Sorting, since: datetime) -> datetime:
    calendar = naive(policy.calendar)
    for ahead in range(366):
        day = calendar.day(since) + ahead * DAY
        moments = [calendar.moment(datetime.combine(day, time.fromisoformat(hour))) for hour in sorted(policy.at)]
        if _worked(policy, day) and moments[-1] >= since:
            return kept(next(at for at in moments if at >= since))
    return since


def _worked(policy: Sorting, day: date) -> bool:
    try:
        return naive(policy.calendar).is_working_day(day)
    except YearNotCovered:
        return True


def whims(policy: Whims, it: About) -> Iterator[Wake]:
    """Two notes and a contract; or a failure."""
    demand = it.demand
    if demand.version % FOURTH == 0 or demand.since is None:
        raise Fails

    def then(_: datetime) -> tuple[Fact, ...]:
        if demand.version % THIRD == 0:
            raise Fails
        contract = (ContractedOut(contractor=CONTRACTOR),) if demand.stage == "contracting" else ()
        loads = [it.world.policies.load(one) for one in (demand.lead or CONTRACTOR, *CONTRACTORS)]
        return (Noted(text=f"{THOUGHT}: {loads}"), Noted(text=OTHER), *contract)

    wait = policy.patience.get(demand.stage, AFTER)
    cause = f"{demand.state} in round {demand.round}: {str(demand.text) * LONG}"
    if len(cause) > MOST_OF_A_CAUSE or not cause.isprintable():
        digest = sha256(cause.encode()).hexdigest()[:16]
        cause = f"{cause[: MOST_OF_A_CAUSE - len(f'… {digest}')]}… {digest}".replace("\n", " ")
    yield Wake(demand.since + wait, cause, then, CORRELATION)


WAKING: dict[type, Callable[[Any, About], Iterator[Wake]]] = {
    Reminders: reminders,
    CallBacks: call_backs,
    NoticesEnd: notices_end,
    ReviewSuspended: reviews,
    ReopenWindow: reopen_window,
    Dispatch: dispatch,
    Sorting: sorting,
    TellSupporters: tell_supporters,
    Whims: whims,
}
