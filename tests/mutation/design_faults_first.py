"""Faults of design, planted by somebody who knows the public methods and not the laws."""

from __future__ import annotations

from tests.mutation.faults import Fault

BATCH = (
    # the board
    Fault(
        "the board of a place or category lists those whose names only begin like it",
        "projections/board/filter.py",
        "    return [within, Condition(",
        "    return [within] or [Condition(",
    ),
    Fault(
        "a contractor's rows sorted downwards begin with those that have no value",
        "projections/board/order.py",
        "            rows = [*sorted(present, key=itemgetter(at), reverse=self.descending), *missing]",
        "            rows = sorted(present, key=itemgetter(at), reverse=self.descending)\n"
        "            rows = [*missing, *rows] if self.descending else [*rows, *missing]",
    ),
    Fault(
        "a row without a value in the second column to sort by comes first",
        "projections/board/order.py",
        'column: " NULLS LAST" for column',
        'column: " NULLS LAST" if column in self.sort[:1] else "" for column',
    ),
    Fault(
        "the next page leaves out rows that tie with the last one of the page before",
        "projections/board/order.py",
        "sql, row = f\"({', '.join(columns)}) {compare} ({marks})\", tuple(after[column] for column in columns)",
        'sql, row = f"{first} {compare} ?" if others else f"{first} {compare} ({marks})", (after[first],)',
    ),
    Fault(
        "pages of what a contractor leads or helps with lose rows when sorted by the lead",
        "projections/board/pages.py",
        "            if condition not in common and {*condition.columns} & {*order.sort}:",
        "            if condition not in common and not {*condition.columns} & {*order.sort}:",
    ),
    Fault(
        "a contractor's board still lists the work that they handed back",
        "projections/board/filter.py",
        '        leads = [\n            Condition("lead = ?", (name,), ("lead",), EQUAL),\n'
        '            Condition("contractor = ?", (name,), ("contractor",), EQUAL),\n        ]\n',
        '        leads = [Condition("lead = ?", (name,), ("lead",), EQUAL)]\n',
    ),
    Fault(
        "a window by closed lists whatever ended in it",
        "projections/board/filter.py",
        "        if self.closed is not None:\n"
        '            conditions.append(Condition("ended_as = ?", ("closed",), ("ended_as",), EQUAL))\n',
        "        if self.closed is not None:\n"
        '            conditions.append(Condition("ended_as IS NOT NULL", (), ("ended_as",)))\n',
    ),
    Fault(
        "what is due exactly at the moment asked about is not due by it",
        "projections/board/filter.py",
        'Condition("due <= ?", (microseconds(self.due_by),)',
        'Condition("due < ?", (microseconds(self.due_by),)',
    ),
    # the figures, the ledger and durations
    Fault(
        "the figures of a category count one whose name goes on with a digit",
        "projections/figures/question.py",
        'values += [value, f"{value}/", f"{value}0"]',
        'values += [value, f"{value}/", f"{value}:"]',
    ),
    Fault(
        "what was known on a day is judged by when it happened",
        "projections/figures/question.py",
        '("recorded", self.known_on)):',
        '("happened", self.known_on)):',
    ),
    Fault(
        "a correction counts from its own day",
        "projections/bookkeeping.py",
        "            entries = booked_by_correction(history, day, self._own)",
        "            entries = booked(was, now, event, day_of_event(after, event, day)) if history else {}",
    ),
    Fault(
        "a second correction of an event undoes the first in the figures",
        "domain/corrections.py",
        "        named = by_version.get(event.fact.event)\n        if named",
        "        named = next((one for one in events if one.version == event.fact.event), None)\n        if named",
    ),
    Fault(
        "the board of a past day has the contractor as it was before the correction",
        "projections/figures/point_in_time.py",
        '    "work": ("contracts", "lead", "contractor"),',
        '    "work": ("contracts", "lead"),',
    ),
    Fault(
        "the board of a past day ends its day at midnight in UTC",
        "projections/figures/point_in_time.py",
        "        return at.astimezone(self.zone).date() <= until",
        "        return at.date() <= until",
    ),
    Fault(
        "a percentile is the time of the lower of two ranks",
        "projections/figures/durations.py",
        "        high = self.values[min(floor(at) + 1, self.n - 1)] // MICROSECOND",
        "        high = self.values[min(floor(at), self.n - 1)] // MICROSECOND",
    ),
    Fault(
        "counted up to a moment, what ended after it counts in its whole length",
        "projections/figures/durations.py",
        "        yield start, None if end is not None and until is not None and until < end else end",
        "        yield start, end",
    ),
    Fault(
        "where a demand closes and is reopened before anybody asks, its last wait goes on till then",
        "projections/stays.py",
        "            left.setdefault(demand, at)",
        "            left[demand] = at",
    ),
    Fault(
        "a happening counts in the slice that the demand had before it",
        "projections/entries.py",
        "            entries[Entry(event.version, at, meaning, 0, 0, now.where)] = 1",
        "            entries[Entry(event.version, at, meaning, 0, 0, (was or now).where)] = 1",
    ),
    Fault(
        "what a workflow does not declare counts as silent all the same",
        "projections/standing.py",
        "        count = self.declared()\n        mask",
        "        count = self\n        mask",
    ),
    Fault(
        "nobody sees in the changes what became overdue as time went by",
        "projections/figures/changes.py",
        "    for demand in _due_in_between(before[1], after):\n        if demand not in lines:",
        "    for demand in _due_in_between(before[1], after):\n        if demand in lines:",
    ),
    Fault(
        "a demand that was closed twice counts as closed since the first time",
        "projections/figures/drilldown.py",
        "            decisive = max(of_one_event, key=itemgetter(-1))",
        "            return max(of_one_event, key=itemgetter(-1))",
    ),
    Fault(
        "a place that has demands of its own counts none of those below it",
        "projections/totals.py",
        'condition = "(dimension = ? AND level = ?) OR (dimension = ? AND level < ?)"',
        'condition = "(dimension = ? AND level = ?) OR (dimension = ? AND level <= ?)"',
    ),
    Fault(
        "a week at the turn of the year has the number of the week and the year of its Monday",
        "projections/figures/periods.py",
        "        year, week, _ = day.isocalendar()",
        "        year, week = day.year, day.isocalendar().week",
    ),
    Fault(
        "the interval of satisfaction counts the closed that nobody could evaluate",
        "projections/figures/figures.py",
        '        n = int(closed._number("closed", "evaluated"))',
        '        n = int(closed._number("closed"))',
    ),
    # recording
    Fault(
        "who saw a demand in an earlier round may decide on it in the next",
        "recording/earlier.py",
        'return f"{demand.state}{with_whom} in round {demand.round}"',
        'return f"{demand.state}{with_whom}"',
    ),
    Fault(
        "a reference in capitals is the same as one in small letters",
        "recording/registering.py",
        "    key = asked_of(text, what).strip()",
        "    key = asked_of(text, what).strip().casefold()",
    ),
    Fault(
        "the id of a reference in another Unicode form is not that of its demand",
        "recording/registering.py",
        "    key = asked_of(text, what).strip()",
        "    key = str(text).strip()",
    ),
    Fault(
        "a command that somebody else repeats is answered as if it were theirs",
        "recording/earlier.py",
        "    if event.meta.actor != command.by:\n        raise CommandConflict(",
        "    if event.meta.actor.role != command.by.role:\n        raise CommandConflict(",
    ),
    Fault(
        "a command that comes again is answered with the demand as it is by now",
        "recording/earlier.py",
        "        _check_same_command(events[0], command, self._workflows[demand.workflow])\n"
        "        done: S = self.after(demand.id, version)",
        "        _check_same_command(events[0], command, self._workflows[demand.workflow])\n        done = demand",
    ),
    Fault(
        "what happened exactly as long ago as may be entered late is refused",
        "recording/moments.py",
        "        if recorded - at > self._late_entry and",
        "        if recorded - at >= self._late_entry and",
    ),
    Fault(
        "what a batch saw of the clock is held against others though it failed",
        "recording/handling.py",
        "        moments, policies = copy(self.moments), self._policies",
        "        moments, policies = (copy, self.moments)[1], self._policies",
    ),
    Fault(
        "anybody may act under the name of a policy",
        "recording/handling.py",
        "        if by.role == Role.POLICY and by.id in self._policies and not command.reaction:",
        "        if by.role != Role.POLICY and by.id in self._policies and not command.reaction:",
    ),
    Fault(
        "a line of the history says when it was entered and not when it happened",
        "recording/history.py",
        "        meta.happened.astimezone(zone),",
        "        meta.recorded.astimezone(zone),",
    ),
    Fault(
        "those who were merged into a merged demand are not to be told",
        "recording/supporting.py",
        "            waiting += reversed(merged[-1].took_in)\n",
        "",
    ),
    # batches
    Fault(
        "in a batch that may backdate, would() refuses what it would record",
        "recording/handling.py",
        "        return self.on(PendingLog(self._log), backdating=self._backdating)",
        "        return self.on(PendingLog(self._log))",
    ),
    Fault(
        "what an attempt took back still counts for the rest of the batch",
        "batches.py",
        "            self._handler.demands.forget(self._pending.take_back(began))",
        "            self._pending.take_back(began)",
    ),
    Fault(
        "a dry run of many moves judges each as if it were the only one",
        "batches.py",
        "                    answers.append(acted(batch, item))",
        "                    answers.append(acted(self._batch(PendingLog(self._log)), item))",
    ),
    Fault(
        "migrating all moves a page of the board and leaves the rest",
        "batches.py",
        "open=True, limit=MOST).rows",
        "open=True).rows",
    ),
    # the domain
    Fault(
        "a demand that comes back to the audit still counts as audited",
        "domain/evolve.py",
        'change["audited"] = change.get("audited", was.audited) and event.stamp.stage != Stage.AUDIT',
        'change["audited"] = change.get("audited", was.audited) or event.stamp.stage == Stage.CONTRACTING',
    ),
    Fault(
        "the unit of the auditor may be given the work",
        "domain/evolve.py",
        '    _add(was, change, "auditors", event.meta.actor.id, event.meta.actor.unit)',
        '    _add(was, change, "auditors", event.meta.actor.id)',
    ),
    Fault(
        "who was only to help may evaluate the work",
        "domain/evolve.py",
        "        workers=work.workers.union(helpers),",
        "        workers=work.workers,",
    ),
    Fault(
        "the residents of a demand that was un-merged still speak for the other",
        "domain/merging.py",
        '    change["joined"] = tuple(pair for pair in was.joined if pair[0] != fact.demand)',
        '    change["joined"] = was.joined',
    ),
    Fault(
        "who shares a demand may withdraw it",
        "domain/rules/book.py",
        "    if proposal.by.id not in (demand.resident, demand.representative):\n"
        '        return f"{proposal.by.id} is neither',
        '    if proposal.by.id not in demand.residents:\n        return f"{proposal.by.id} is neither',
    ),
    Fault(
        "the last moment of the window for reopening is past",
        "domain/rules/book.py",
        "proposal.at > (until := demand.ended",
        "proposal.at >= (until := demand.ended",
    ),
    Fault(
        "a correction of the registration undoes what was sorted since",
        "domain/corrections.py",
        "        if fact.category is not None and named >= was.subject.category_from:",
        "        if fact.category is not None:",
    ),
    Fault(
        "a clock that runs through a rework does not begin again with the round",
        "domain/clocks/changes.py",
        "    return outcome.round != demand.round or bool(set(clock.restarts) & set(outcome.means))",
        "    return bool(set(clock.restarts) & set(outcome.means))",
    ),
    Fault(
        "a clock that rests when the work is reported is judged by the report",
        "domain/clocks/changes.py",
        "    until = run.since if run.status == PAUSED else outcome.at",
        "    until = outcome.at",
    ),
    Fault(
        "a pause that begins after the due moment moves it",
        "domain/clocks/clock.py",
        "        return self.calendar.shifted(due, since, until, span) if since < due else due",
        "        return self.calendar.shifted(due, since, until, span)",
    ),
    Fault(
        "a limit for a category and an urgency fits a demand that has one of the two",
        "domain/clocks/clock.py",
        "        return right_category and self.urgency in (None, urgency)",
        "        fits = (right_category, self.urgency in (None, urgency))\n"
        "        return any(fits) if None not in (self.category, self.urgency) else all(fits)",
    ),
    Fault(
        "a demand that moved over is counted by what its first workflow declared",
        "domain/decide.py",
        "    new_here = demand.version == 0 or isinstance(fact, MovedOver)",
        "    new_here = demand.version == 0 and not isinstance(fact, MovedOver)",
    ),
    Fault(
        "a move that leads back is offered for every way in",
        "domain/workflow.py",
        "            ways = [row for row in lines if not row.move.leads_back or row.dest == demand.came_from]",
        "            ways = list(lines)",
    ),
    Fault(
        "a grade that weighs exactly a half is not partly satisfied",
        "projections/standing.py",
        "PARTLY_SATISFIED if means.weight >= HALF else 0",
        "PARTLY_SATISFIED if means.weight > HALF else 0",
    ),
    # openers of one store
    Fault(
        "a demand that was read once is shown as it was though another process wrote to it",
        "recording/demands.py",
        "        return self._refreshed(kept, demand)",
        "        return kept or self._refreshed(kept, demand)",
    ),
    Fault(
        "who has the log open goes on in the zone of before when another changes it",
        "store/log.py",
        "        if self.path is None or self._closed:\n            return self._zone",
        "        if self._zone:\n            return self._zone",
    ),
    Fault(
        "a work list has only what a contractor leads and nothing that they help with",
        "queries.py",
        "        board_filter = Filter(contractor=contractor, open=True, states=states)",
        "        board_filter = Filter(lead=contractor, open=True, states=states)",
    ),
    # automation
    Fault(
        "a second hook is given only what the first was not given yet",
        "automation/deliveries.py",
        '        return Cursor(self._source, self._tables, f"{READER} {hook}")',
        '        return Cursor(self._source, self._tables, f"{READER} all")',
    ),
    Fault(
        "a notice that could not be sent is not given again",
        "automation/reactions.py",
        "                    if notice is not None:\n                        notify(notice)",
        "                    if notice is not None:\n"
        "                        self._deliveries.move(hook, position, self.now())\n"
        "                        notify(notice)",
    ),
    Fault(
        "the second of two facts that a policy proposes for one cause is taken for the first",
        "automation/runner.py",
        "command_id=command_of(policy.name, timer.cause, number)",
        "command_id=command_of(policy.name, timer.cause)",
    ),
    Fault(
        "a policy is not asked at the very moment that it named",
        "automation/agenda.py",
        'f"AND at <= ? AND (',
        'f"AND at < ? AND (',
    ),
    Fault(
        "work that one run gives out does not count as in hand in that run",
        "automation/runner.py",
        "        self._lookup.remember(demand, batch.demand(demand.id))\n",
        "",
    ),
    Fault(
        "a reaction that was dropped is asked for again when its demand changes",
        "automation/agenda.py",
        '"FROM demandflow_parked WHERE policy = ? AND demand = ? AND cause = ?))",',
        '"FROM demandflow_parked WHERE policy = ? AND demand = ? AND cause = ? AND dropped = 0))",',
    ),
    Fault(
        "a notice tells the place that its demand has now and not the one of then",
        "automation/notices.py",
        "        return fold(log.events(event.demand, upto=event.version))",
        "        return fold(log.events(event.demand))",
    ),
    # policies
    Fault(
        "a reminder is sent beside a later one whose moment has just come",
        "policies/deadlines.py",
        "call.at < other.at <= context.now for other in calls",
        "call.at < other.at < context.now for other in calls",
    ),
    Fault(
        "a demand is reminded of before it began",
        "policies/deadlines.py",
        "if step.is_for(clock) and (at := step.moment(due, calendar)) > began:",
        "if step.is_for(clock) and (at := step.moment(due, calendar)) != began:",
    ),
    Fault(
        "each due moment that passes escalates a demand again",
        "policies/deadlines.py",
        "            elif dated == timer and not demand.escalated and",
        "            elif dated == timer and",
    ),
    Fault(
        "the deeper category decides who gets the work before the deeper place",
        "policies/dispatch.py",
        "        return (depth, max(depths)) if depths else None",
        "        return (max(depths), depth) if depths else None",
    ),
    Fault(
        "who handed the work back gets it again once another did so too",
        "policies/dispatch.py",
        "        excluded = {*demand.auditors, *demand.evaluators, *returned_by(demand)}",
        "        excluded = {*demand.auditors, *demand.evaluators, *[*returned_by(demand)][-1:]}",
    ),
    Fault(
        "what comes in at a set hour waits for the next one",
        "policies/sorting.py",
        "                if moment >= since:",
        "                if moment > since:",
    ),
    Fault(
        "a policy may say that a demand can be reopened for longer than the workflow allows",
        "policies/reviews.py",
        "        days = min((*given, *(() if self.days is None else (self.days,))), default=WINDOW_DAYS)",
        "        days = max((*given, *(() if self.days is None else (self.days,))), default=WINDOW_DAYS)",
    ),
    Fault(
        "a call that was made in vain is asked for again",
        "policies/callbacks.py",
        "                if number > demand.missed_callbacks:",
        "                if number >= demand.missed_callbacks:",
    ),
    # calendars
    Fault(
        "a weekday with hours of its own that is worked has the hours of a make-up day",
        "calendars/calendar.py",
        "        return hours if hours is not None else usual or self.makeup_hours",
        "        return hours if hours is not None else self.makeup_hours",
    ),
    Fault(
        "a later source of days only adds to what earlier ones said of its years",
        "calendars/days.py",
        "        days = {day: hours for day, hours in days.items() if day.year not in source.years}\n",
        "",
    ),
    Fault(
        "working hours that are over at a close are over at the next opening",
        "calendars/working_time.py",
        "        interval = bisect_left(timeline.before, wanted) - 1",
        "        interval = bisect_right(timeline.before, wanted) - 1",
    ),
    Fault(
        "calendar days have 24 hours also where the clocks change",
        "calendars/working_time.py",
        "        return instant_of(target, wall.fold)",
        "        return start + days * A_DAY",
    ),
    Fault(
        "hours in which the clocks go back are counted by the clock on the wall",
        "calendars/timeline.py",
        "        self.steady.append(closes - opens == closing - opening)",
        "        self.steady.append(True)",
    ),
    Fault(
        "an office is still open at the moment at which it closes",
        "calendars/calendar.py",
        "        return interval >= 0 and instant < timeline.closes[interval]",
        "        return interval >= 0 and instant <= timeline.closes[interval]",
    ),
    Fault(
        "the day after a holiday of an iCalendar file is closed as well",
        "calendars/sources.py",
        "for day in range((after - first).days))",
        "for day in range((after - first).days + 1))",
    ),
    # more of each
    Fault(
        "what an attempt took back is recorded when the batch ends",
        "store/pending.py",
        "        del self.pending[began:], self._rows[began:]",
        "        del self.pending[began:]",
    ),
    Fault(
        "a workflow that changed under its name and version is taken as it is",
        "store/settings.py",
        "    for key in [key for key in workflows if key in kept]:",
        "    for key in [key for key in workflows if key in kept and key in {*writers}]:",
    ),
    Fault(
        "who names no tenant may open the log of any",
        "store/settings.py",
        "    if row[1] != tenant:",
        "    if tenant is not None and row[1] != tenant:",
    ),
    Fault(
        "after a rebuild the figures of now have no clocks",
        "projections/rebuilding.py",
        "            for happening, standing in ledger.cells(what, clocks):",
        "            for happening, standing in ledger.cells(what, clocks)[:1]:",
    ),
    Fault(
        "an event that could be taken in at last is still listed as parked",
        "store/following/cursor.py",
        "            gone = self.unpark(again)",
        "            gone = 0",
    ),
    Fault(
        "what the resident said before the supervisor took over still counts",
        "domain/evolve.py",
        "    if event.stamp.round != was.stamp.round and was.version:",
        '    if event.stamp.round != was.stamp.round and was.version and not change.get("taken_over"):',
    ),
    Fault(
        "a demand whose work goes on is still to be reviewed",
        "domain/evolve.py",
        '    if "since" in change:\n        change["review"] = None\n',
        "",
    ),
    Fault(
        "who shared a demand that was merged does not join the other",
        "domain/merging.py",
        "residents=demand.residents or None)",
        "residents=(demand.resident,) if demand.resident else None)",
    ),
    Fault(
        "deadlines of a past moment are told though demands have moved on since",
        "projections/board/rows.py",
        "FROM demandflow_board WHERE last > ?)",
        "FROM demandflow_board WHERE received > ?)",
    ),
    Fault(
        "demands that belong to no unit are a unit in the mean of units",
        "projections/figures/by.py",
        "        units = (part for key, part in self.parts.items() if all((key,) if isinstance(key, str) else key))",
        "        units = (part for part in self.parts.values())",
    ),
    Fault(
        "a rate on the half of a tenth of a per cent is rounded to the even digit",
        "projections/figures/rates.py",
        "exact.quantize(Decimal('0.1'), ROUND_HALF_UP)",
        "exact.quantize(Decimal('0.1'))",
    ),
    Fault(
        "a count that is known by a correction names the first event by which it was thought",
        "projections/figures/drilldown.py",
        "            _, recorded_by, _, recorded, _ = _last_rise(lines, by=1)",
        "            _, recorded_by, _, recorded, _ = min(lines, key=itemgetter(1))",
    ),
    Fault(
        "a work list has what is in a state of its role under any workflow",
        "projections/board/filter.py",
        'f"(workflow, state) IN (VALUES {pairs})"',
        'f"state IN (SELECT column2 FROM (VALUES {pairs}))"',
    ),
    Fault(
        "what comes after the first that is rejected is left out of a save of many",
        "batches.py",
        "                        answers.append(Rejected(item, reason))",
        "                        answers.append(Rejected(item, reason))\n                        break",
    ),
    Fault(
        "the first event of a demand after the zone was changed moves a due day that was never there",
        "projections/bookkeeping.py",
        "            self._day = day\n            self._kept.clear()",
        "            self._day = day",
    ),
    Fault(
        "a clock of a demand that was withdrawn in time counts as met",
        "domain/clocks/changes.py",
        'outcome.ended_as in (None, "closed") and not outcome.migrates',
        "not outcome.migrates",
    ),
    Fault(
        "a demand that was reopened is due when it was due before",
        "domain/clocks/changes.py",
        '    if "reopened" in outcome.means:\n        return None\n',
        "",
    ),
)
