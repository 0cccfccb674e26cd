"""A fourth batch of faults of design, planted by somebody who knew the engine and its documentation, not the kit."""

from __future__ import annotations

from tests.mutation.faults import Fault

BATCH = (
    # a demand and its events
    Fault(
        "who helped the contractor before goes on helping after a recall",
        "domain/evolve.py",
        "        co_handlers=helpers,\n",
        "        co_handlers=helpers or work.co_handlers,\n",
    ),
    Fault(
        "what the supervisor once had is closed after its reopening, though the resident says no",
        "domain/evolve.py",
        '    "reopened": lambda was, event, fact, change: change.update(taken_over=False),\n',
        "",
    ),
    Fault(
        "a correction of an earlier contract takes the work from whom it was given to since",
        "domain/corrections.py",
        "        if named == work.contractor_from:",
        "        if named <= work.contractor_from:",
    ),
    Fault(
        "a correction of the grade alone takes back that it was resolved",
        "domain/corrections.py",
        "resolved = this_round.resolved if fact.resolved is None else fact.resolved",
        "resolved = fact.resolved",
    ),
    Fault(
        "a corrected contract that was handed back is in somebody's hands again",
        "domain/corrections.py",
        "has_it = fact.contractor if work.contractor is not None else None",
        "has_it = fact.contractor",
    ),
    Fault(
        "a demand that moved over counts by what its first workflow declared",
        "domain/decide.py",
        "new_here = demand.version == 0 or isinstance(fact, MovedOver)",
        "new_here = demand.version == 0",
    ),
    # clocks
    Fault(
        "the due moment of the whole demand hides a clock that is due sooner",
        "domain/stream.py",
        "        return min((due for due in dues if due is not None), default=None)",
        "        return next((due for due in dues if due is not None), None)",
    ),
    Fault(
        "an extension of the clock leaves the earlier due moment of the demand itself",
        "domain/clocks/changes.py",
        '    if due is not None and demand.due is not None and "extended" in outcome.means:\n'
        "        return max(demand.due, due)\n",
        "",
    ),
    Fault(
        "work that is reported out of a pause is judged by the end of the pause",
        "domain/clocks/changes.py",
        "    until = run.since if run.status == PAUSED else outcome.at\n",
        "    until = outcome.at\n",
    ),
    Fault(
        "what was overdue is no longer overdue once it is suspended",
        "domain/clocks/states.py",
        "return self.due is not None and (self.status == RUNNING or self.paused_too_late)",
        "return self.due is not None and self.status == RUNNING",
    ),
    # rules
    Fault(
        "who audited it may be given it as a helper",
        "domain/rules/separations.py",
        "    if both := demand.auditors.intersection((fact.contractor, *co_handlers)):",
        "    if both := demand.auditors.intersection((fact.contractor, *co_handlers[:0])):",
    ),
    # recording
    Fault(
        "a command that comes again is answered with the demand of now",
        "recording/earlier.py",
        "        done: S = self.after(demand.id, version)\n",
        "        done = demand\n",
    ),
    Fault(
        "a reference that comes again for another workflow is taken for the same",
        "recording/earlier.py",
        '{} if chosen is None else {"workflow": (event.meta.workflow, chosen)})',
        "{})",
    ),
    Fault(
        "a command id that comes again for another move with the same fact is taken for the same command",
        "recording/earlier.py",
        '    pairs["move"] = (event.stamp.move, command.move)\n',
        "",
    ),
    Fault(
        "after something was entered a minute ahead, what happens now is refused as too early",
        "recording/moments.py",
        "        if at is None:\n            return last\n",
        "        if at is None:\n            return recorded\n",
    ),
    # the store
    Fault(
        "the log of a tenant opens for whoever names no tenant",
        "store/settings.py",
        "    if row[1] != tenant:",
        "    if tenant is not None and row[1] != tenant:",
    ),
    Fault(
        "a log opens for whoever asks for another zone, and goes on counting in its own",
        "store/settings.py",
        "    if wanted.zone is not None and wanted.zone != zone:\n        raise WrongZone(wanted.zone, zone)\n",
        "",
    ),
    Fault(
        "a workflow that was changed under the same key goes unnoticed when the log is opened",
        "store/settings.py",
        "for key in [key for key in workflows if key in kept]:",
        "for key in [key for key in workflows if key in kept and key in writers]:",
    ),
    # the board
    Fault(
        "what was refused in a month is on the board of what was closed in it",
        "projections/board/filter.py",
        "        if self.closed is not None:\n"
        '            conditions.append(Condition("ended_as = ?", ("closed",), ("ended_as",), EQUAL))\n',
        "",
    ),
    Fault(
        "the board of a place has those whose name only begins like it",
        "projections/board/filter.py",
        '    return [within, Condition(f"({column} >= ? OR {column} = ?)", (f"{path}/", path), (column,), SPELT)]',
        "    return [within]",
    ),
    Fault(
        "what a contractor handed back stays on their board",
        "projections/board/filter.py",
        '            Condition("lead = ?", (name,), ("lead",), EQUAL),\n'
        '            Condition("contractor = ?", (name,), ("contractor",), EQUAL),\n',
        '            Condition("lead = ?", (name,), ("lead",), EQUAL),\n',
    ),
    Fault(
        "what has ended is still counted as in the hands of its contractor",
        "projections/board/rows.py",
        '        "WHERE ended_as IS NULL AND contractor IS NOT NULL GROUP BY contractor"\n',
        '        "WHERE contractor IS NOT NULL GROUP BY contractor"\n',
    ),
    Fault(
        "the deadlines of a past moment are told although demands have moved on since",
        "projections/board/rows.py",
        "WHERE last > ?)",
        "WHERE received > ?)",
    ),
    Fault(
        "the windows of the board are of days in UTC",
        "projections/query_base.py",
        "Period.of(period).moments(self._projector.zone_now())",
        'Period.of(period).moments(type(self._projector.zone)("UTC"))',
    ),
    # figures
    Fault(
        "demands that belong to no unit are a unit of their own in the mean of units",
        "projections/figures/by.py",
        "for key, part in self.parts.items() if all((key,) if isinstance(key, str) else key))",
        "for part in self.parts.values())",
    ),
    Fault(
        "a demand to which only something happened is said to be new",
        "projections/figures/changes.py",
        "sides = {-1: cell, 1: cell}",
        "sides = {1: cell}",
    ),
    Fault(
        "a demand that counts all along is said to count since something else about it changed",
        "projections/figures/drilldown.py",
        "        if number > before:\n",
        "        if number > 0:\n",
    ),
    Fault(
        "the demands of a running clock leave out those whose calendar does not know the year",
        "projections/figures/drilldown.py",
        'STATUSES = {"none": CLOCK_STATUSES, "running": ("running", UNDATED)}',
        'STATUSES = {"none": CLOCK_STATUSES}',
    ),
    Fault(
        "a happening is listed whenever its demand was closed, though only a month of closing is asked about",
        "projections/figures/drilldown.py",
        '        condition += f" AND demand IN (SELECT demand FROM ({closed}) AS closed)"  # noqa: S608\n'
        "        values = values + of_closed\n",
        "        del closed, of_closed\n",
    ),
    Fault(
        "what had not begun at the moment asked about took less than no time",
        "projections/figures/durations.py",
        "        if until is not None and until < start:\n            continue  # it had not begun by then\n",
        "",
    ),
    Fault(
        "on a past day a demand was overdue only once the last of its due moments had passed",
        "projections/ledger.py",
        "soonest = due[0][1] if due else 0",
        "soonest = due[-1][1] if due else 0",
    ),
    Fault(
        "demands at places that are not as deep as the level are in no part",
        "projections/totals.py",
        '    condition = "(dimension = ? AND level = ?) OR (dimension = ? AND level < ?)"\n'
        '    return _read(connection, condition, dimension, level, f"{dimension}_at", level)\n',
        '    return _read(connection, "dimension = ? AND level = ?", dimension, level)\n',
    ),
    # policies and what runs them
    Fault(
        "what was parked is never asked again, though somebody says to retry it",
        "automation/agenda.py",
        "taken, _ = self._replace(demands, answers, began.taken)",
        "taken = began.taken",
    ),
    Fault(
        "a hook is given its notices by two processes at once",
        "automation/deliveries.py",
        'if (holder not in ("", self._holder) and alive) or reader.position() != began:',
        "if reader.position() != began:",
    ),
    Fault(
        "a notice tells where its demand is now, not where it was",
        "automation/notices.py",
        "        return fold(log.events(event.demand, upto=event.version))\n",
        "        return fold(log.events(event.demand))\n",
    ),
    Fault(
        "reminders for a run of the past are given as if nothing had passed since",
        "automation/reactions.py",
        "self._runner.run(due, present, stop)",
        "self._runner.run(due, due, stop)",
    ),
    Fault(
        "a call that was made in vain is asked for again",
        "policies/callbacks.py",
        "                if number > demand.missed_callbacks:\n",
        "                if number >= demand.missed_callbacks:\n",
    ),
    Fault(
        "reminders of a clock are counted in the calendar of the policy",
        "policies/deadlines.py",
        "running.began, self.calendar if clock is None else clock.calendar\n",
        "running.began, self.calendar or (clock and clock.calendar)\n",
    ),
    Fault(
        "of the categories of a unit the widest decides who gets a demand",
        "policies/dispatch.py",
        "return (depth, max(depths)) if depths else None",
        "return (depth, min(depths)) if depths else None",
    ),
    Fault(
        "a repeat is not seen where the new demand has the wider category",
        "policies/sorting.py",
        "category.within(other) or Category(other).within(category)",
        "category.within(other)",
    ),
    Fault(
        "demands are sorted at the set hours of UTC",
        "policies/sorting.py",
        "datetime.combine(day, time.fromisoformat(hour), zone).astimezone(UTC)",
        "datetime.combine(day, time.fromisoformat(hour), UTC)",
    ),
    # calendars
    Fault(
        "a day with hours of its own that is worked for a holiday is open at the hours of other such days",
        "calendars/calendar.py",
        "usual or self.makeup_hours",
        "self.makeup_hours or usual",
    ),
    Fault(
        "a calendar day that is not over is counted between two moments",
        "calendars/working_time.py",
        "return days - (self._add_calendar_days(began, days) > ended)",
        "return days",
    ),
    Fault(
        "the day after a holiday in a calendar file is closed too",
        "calendars/sources.py",
        "range((after - first).days))",
        "range((after - first).days + 1))",
    ),
    # commands, batches and questions
    Fault(
        "all are moved over now, whenever it is said to have happened",
        "batches.py",
        'move=names.get(row.state) or "move_over", fact=fact, by=by, at=at)',
        'move=names.get(row.state) or "move_over", fact=fact, by=by)',
    ),
    Fault(
        "to move all over asks those that have ended too",
        "batches.py",
        "self.board(workflow=self._key(of), open=True, limit=MOST)",
        "self.board(workflow=self._key(of), limit=MOST)",
    ),
    Fault(
        "a registration among many that was known before is said to be new",
        "batches.py",
        "batch.start(**item.__dict__)\n    return Recorded(item, demand, known=batch.pending == before)",
        "batch.start(**item.__dict__)\n    return Recorded(item, demand, known=batch.pending < before)",
    ),
    Fault(
        "to try a registration out leaves out the workflow that it is for",
        "commands.py",
        "self._start(checked(fact), workflow, how, kind_of_stream(of), made=False)",
        "self._start(checked(fact), None, how, kind_of_stream(of), made=False)",
    ),
    Fault(
        "what is due by a moment comes in the order of receipt",
        "queries.py",
        "by_due = board_filter.overdue_at is not None or board_filter.due_by is not None",
        "by_due = board_filter.overdue_at is not None",
    ),
)
