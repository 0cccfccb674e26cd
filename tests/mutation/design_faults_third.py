"""A third batch of faults of design, planted by somebody who knew the engine and its documentation, and not the kit."""

from __future__ import annotations

from tests.mutation.faults import Fault

BATCH = (
    # a demand and its events
    Fault(
        "a demand that goes on after a suspension keeps its review date",
        "domain/evolve.py",
        '    if "since" in change:\n        change["review"] = None',
        '    if "since" in change and event.stamp.stage != was.stamp.stage:\n        change["review"] = None',
    ),
    Fault(
        "an escalation is carried into the next round",
        "domain/evolve.py",
        '        change["this_round"] = Round()\n',
        '        change["this_round"] = Round(escalated=was.escalated)\n',
    ),
    Fault(
        "the time between two calls counts from the first call that was missed",
        "domain/evolve.py",
        'missed_callbacks=missed, missed_at=change["last"])',
        'missed_callbacks=missed, missed_at=was.missed_at or change["last"])',
    ),
    Fault(
        "the residents of a demand that was un-merged still answer for the one that had taken it in",
        "domain/merging.py",
        '    change["joined"] = tuple(pair for pair in was.joined if pair[0] != fact.demand)\n',
        "",
    ),
    Fault(
        "a correction of the registration undoes the place that sorting set",
        "domain/evolve.py",
        'set_part(was, change, "subject", place=fact.place, place_from=event.version)',
        'set_part(was, change, "subject", place=fact.place)',
    ),
    Fault(
        "of two corrections of one event the earlier one wins, as of a day",
        "domain/corrections.py",
        "    for event in events:\n        if not isinstance(event.fact, Corrected):",
        "    for event in reversed(events):\n        if not isinstance(event.fact, Corrected):",
    ),
    Fault(
        "the clocks of what is entered later run from its entry",
        "domain/decide.py",
        "    at = proposal.at if demand.last is None else max(proposal.at, demand.last)\n",
        "    began = proposal.at if meta is None else meta.recorded\n"
        "    at = began if demand.last is None else max(began, demand.last)\n",
    ),
    Fault(
        "a merge takes along who asked, and not those who share it",
        "domain/merging.py",
        "residents=demand.residents or None",
        "residents=(demand.resident,) if demand.resident else None",
    ),
    # clocks
    Fault(
        "after a recall the next contractor has only what was left of the time to take it on",
        "domain/clocks/changes.py",
        "return outcome.round != demand.round or bool(set(clock.restarts) & set(outcome.means))",
        "return outcome.round != demand.round",
    ),
    Fault(
        "the due moment of a contract is taken for the one by which to take it on",
        "domain/clocks/changes.py",
        "    named = outcome.due if clock.extensible else None\n",
        "    named = outcome.due\n",
    ),
    # rules and the standard loop
    Fault(
        "what is overdue can be extended to a moment that is past",
        "domain/rules/book.py",
        "    now = max(demand.agreed_due or proposal.at, proposal.at)\n",
        "    now = demand.agreed_due or proposal.at\n",
    ),
    Fault(
        "a note on a closed demand prolongs the time in which it can be reopened",
        "domain/rules/book.py",
        "if demand.ended is not None and proposal.at > (until := demand.ended + timedelta(days=days)):",
        "if demand.last is not None and proposal.at > (until := demand.last + timedelta(days=days)):",
    ),
    Fault(
        "the clerk who told the outcome confirms a correction of what the resident said",
        "domain/rules/separations.py",
        "part = {*demand.handlers, *demand.clerks, *demand.evaluators, *demand.residents}",
        "part = {*demand.handlers, *demand.evaluators, *demand.residents}",
    ),
    Fault(
        "asking the resident for details ends the clock of the work instead of pausing it",
        "domain/standard/clocks.py",
        'finish, calendar, paused_in=("suspended", "details_asked"), extensible=True)',
        'finish, calendar, paused_in=("suspended",), extensible=True)',
    ),
    Fault(
        "a correction may give a grade that is not in the scale",
        "domain/standard/grades.py",
        "        if fact.grade is not None and fact.grade not in self.stamps:",
        "        if isinstance(fact, GRADED[0]) and fact.grade not in self.stamps:",
    ),
    Fault(
        "an answer of the resident is said to lead to where the demand did not come from",
        "domain/workflow.py",
        "            ways = [row for row in lines if not row.move.leads_back or row.dest == demand.came_from]\n",
        "            ways = list(lines)\n",
    ),
    # recording
    Fault(
        "whoever saw a demand a round ago is not told that it went round",
        "recording/earlier.py",
        '    return f"{demand.state}{with_whom} in round {demand.round}"',
        '    return f"{demand.state}{with_whom}"',
    ),
    Fault(
        "of a merge that is entered late, only one side counts as entered in retrospect",
        "recording/handling.py",
        "there = Meta(meta.actor, meta.happened, meta.recorded, workflow.key, retrospect=meta.retrospect)",
        "there = Meta(meta.actor, meta.happened, meta.recorded, workflow.key)",
    ),
    Fault(
        "what happened exactly as long ago as may be entered is refused",
        "recording/moments.py",
        "if recorded - at > self._late_entry and not backdating",
        "if recorded - at >= self._late_entry and not backdating",
    ),
    Fault(
        "a log that was written by a clock that was ahead stays shut, whatever is said of that clock",
        "recording/moments.py",
        "        trusted = recorded is not None and (self._trusted_until is None or recorded <= self._trusted_until)\n"
        "        if recorded is not None and trusted and (",
        "        if recorded is not None and (",
    ),
    Fault(
        "a demand is shown as this process last saw it, whatever another has recorded since",
        "recording/demands.py",
        "        return self._refreshed(kept, demand)\n",
        "        return self._refreshed(None, demand) if kept is None else kept\n",
    ),
    # the store
    Fault(
        "who has the log open does not notice that somebody else changed its zone",
        "store/log.py",
        "        if self.path is None or self._closed:\n            return self._zone\n        with self._opened():",
        "        if self.path is None or self._closed or self._zone:\n"
        "            return self._zone\n"
        "        with self._opened():",
    ),
    Fault(
        "a policy is not asked within the second in which its moment has come",
        "store/tables/moments.py",
        'at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")',
        'at.astimezone(UTC).isoformat().replace("+00:00", "Z")',
    ),
    Fault(
        "whoever does not know a community's own fact does not see the standard one that it extends",
        "store/mapper.py",
        'if (read := self._read.get(extends or "")) is None:',
        "if (read := None) is None:",
    ),
    Fault(
        "a rebuild of a longer log loses the last events of the demand at the end of a page",
        "store/tables/by_demand.py",
        "            del page[end:]\n            if not page:\n",
        "            if not end:\n",
    ),
    Fault(
        "what a batch takes back of a demand takes along what the batch had for it before",
        "store/pending.py",
        "            if event.demand in taken:\n                kept[event.demand].append(event)\n",
        "            if event.demand not in taken:\n                kept.setdefault(event.demand, []).append(event)\n",
    ),
    # the board
    Fault(
        "the next page loses what has no category, where rows are sorted by it second",
        "projections/board/order.py",
        'missing = f" OR {column} IS NULL" if column in NULLABLE else ""',
        'missing = ""',
    ),
    Fault(
        "what a contractor leads comes before what they help with, whatever order is asked for",
        "projections/board/pages.py",
        "    return order.sorted(rows, columns)[:limit] if len(alternatives) > 1 else rows\n",
        "    return rows[:limit]\n",
    ),
    Fault(
        "whoever once helped with a demand still has it on their board",
        "projections/board/rows.py",
        "    connection.executemany(NO_HELPER, before - after)\n    connection.executemany(HELPER, after - before)\n",
        '    connection.executemany(HELPER.replace("INSERT", "INSERT OR IGNORE"), after)\n',
    ),
    Fault(
        "the figures do not know the clocks of a workflow that is no longer opened",
        "projections/query_base.py",
        "return tuple(dict.fromkeys((*declared, *sorted(totals.clocks(tables)))))",
        "return tuple(dict.fromkeys(declared))",
    ),
    # figures
    Fault(
        "what left a count is not among the changes of it",
        "projections/figures/changes.py",
        "if _includes(count, line.before) != _includes(count, line.after))",
        "if _includes(count, line.before) < _includes(count, line.after))",
    ),
    Fault(
        "what was corrected away and back is said to be known since the first time",
        "projections/figures/drilldown.py",
        "            _, recorded_by, _, recorded, _ = _last_rise(lines, by=1)\n            yield CountedDemand("
        "UUID(bytes=demand), decided_by",
        "            _, recorded_by, _, recorded, _ = _last_rise(lines, by=0)\n            yield CountedDemand("
        "UUID(bytes=demand), decided_by",
    ),
    Fault(
        "demands whose workflow asks nobody count among those of which so many are resolved",
        "projections/figures/figures.py",
        "int(sum(self._number(count, *needs) for count in rule.denominator))",
        "int(sum(self._number(count) for count in rule.denominator))",
    ),
    Fault(
        "the median of an even number is the longer of the two in the middle",
        "projections/figures/durations.py",
        "        return self.percentile(50)\n",
        "        return self.values[self.n // 2] if self.values else None\n",
    ),
    Fault(
        "what was open at a moment and was withdrawn since is not counted up to that moment",
        "projections/figures/durations.py",
        '        "AND (ended_as IS NULL OR ended_as = COALESCE(?, ended_as) OR ended > ?)",\n'
        "        [*values, ended_as, open_then],\n",
        '        "AND (ended_as IS NULL OR ended_as = COALESCE(?, ended_as))",\n        [*values, ended_as],\n',
    ),
    Fault(
        "what is overdue counts by the day of its receipt in UTC",
        "projections/figures/overdue.py",
        "day = number_of(at_microseconds(received).astimezone(zone))",
        "day = number_of(at_microseconds(received))",
    ),
    Fault(
        "a week at the turn of the year has the name of one a year before",
        "projections/figures/periods.py",
        "        year, week, _ = day.isocalendar()\n",
        "        year, (_, week, _) = day.year, day.isocalendar()\n",
    ),
    Fault(
        "a demand of a past day does not follow the correction of its channel",
        "projections/figures/point_in_time.py",
        '    "subject": ("channel", "place", "place_from", "category", "category_from"),\n',
        '    "subject": ("place", "place_from", "category", "category_from"),\n',
    ),
    Fault(
        "what happened elsewhere before a demand moved and was closed is lost in a month of closing",
        "projections/figures/question.py",
        'condition, values = replace(self, **dict.fromkeys((*DIMENSIONS, "own"))).standing_lines()',
        "condition, values = self.standing_lines()",
    ),
    Fault(
        "giving out the work counts for whoever had it before",
        "projections/entries.py",
        "            entries[Entry(event.version, at, meaning, 0, 0, now.where)] = 1\n",
        "            entries[Entry(event.version, at, meaning, 0, 0, (was or now).where)] = 1\n",
    ),
    Fault(
        "a correction is booked on what came after it, where nobody asked in between",
        "projections/bookkeeping.py",
        "history = self._source.events(event.demand, upto=event.version) if events is None else [*events, event]",
        "history = self._source.events(event.demand) if events is None else [*events, event]",
    ),
    Fault(
        "after a change of the zone, open demands are still due on the days of the zone before",
        "projections/bookkeeping.py",
        "            self._day = day\n            self._kept.clear()\n",
        "            self._day = day\n",
    ),
    Fault(
        "a grade that weighs exactly a half is not half satisfied",
        "projections/standing.py",
        "PARTLY_SATISFIED if means.weight >= HALF else 0",
        "PARTLY_SATISFIED if means.weight > HALF else 0",
    ),
    # policies and what runs them
    Fault(
        "a rebuild forgets which reactions were dropped",
        "automation/agenda.py",
        "        self.tables.make(PARKED_SCHEMA, self.tables.altered(PARKED_SCHEMA))\n",
        "        self.tables.make(PARKED_SCHEMA, tables_of(PARKED_SCHEMA))\n",
    ),
    Fault(
        "within one run all the work goes to who had least before it",
        "automation/lookup.py",
        "        return self._loads.get(contractor, 0) + self._changed[contractor]\n",
        "        return self._loads.get(contractor, 0)\n",
    ),
    Fault(
        "an earlier repeat is not seen where a newer demand was looked at first",
        "automation/lookup.py",
        "        if since is None or received_since < since:\n",
        "        if since is None:\n",
    ),
    Fault(
        "a notice whose hook failed is not given again",
        "automation/reactions.py",
        "                    if notice is not None:\n"
        "                        notify(notice)\n"
        "                        number += 1\n"
        "                    if not self._deliveries.move(hook, position, self.now()):\n"
        "                        break\n",
        "                    if not self._deliveries.move(hook, position, self.now()):\n"
        "                        break\n"
        "                    if notice is not None:\n"
        "                        notify(notice)\n"
        "                        number += 1\n",
    ),
    Fault(
        "a second hook is not given what the first was given",
        "automation/deliveries.py",
        'return Cursor(self._source, self._tables, f"{READER} {hook}")',
        'return Cursor(self._source, self._tables, f"{READER} all")',
    ),
    Fault(
        "a demand is escalated again for each clock that has passed",
        "policies/deadlines.py",
        "            elif dated == timer and not demand.escalated and workflow.state",
        "            elif dated == timer and workflow.state",
    ),
    Fault(
        "who handed it back first is given it again once another handed it back",
        "policies/dispatch.py",
        "    for version, fact in demand.facts_by_version.items():\n"
        "        if issubclass(fact, HandedBack):\n"
        "            held = [name for given, name in demand.contracts if given < version]\n"
        "            yield from held[-1:]\n",
        "    if any(issubclass(fact, HandedBack) for fact in demand.facts):\n"
        "        yield from (name for _, name in demand.contracts[-1:])\n",
    ),
    Fault(
        "a reminder so many dates ahead is an hour off where the clocks change in between",
        "policies/moments.py",
        "wall = moment.astimezone(ZoneInfo(calendar.zone)) - timedelta(days=int(span.amount))",
        "wall = moment - timedelta(days=int(span.amount))",
    ),
    Fault(
        "reminders go on by the steps of before, after the community changed them",
        "policies/setup.py",
        "    asking = [described(policy) for policy in policies if policy.on]\n",
        "    asking = [policy.name for policy in policies if policy.on]\n",
    ),
    # calendars
    Fault(
        "a pause moves a deadline in calendar days by the working time in it",
        "calendars/calendar.py",
        "        if not unit.counts_working_time:\n            return _moment(old + ended - began)",
        "        if unit == Unit.HOURS:\n            return _moment(old + ended - began)",
    ),
    Fault(
        "a year without days of its own does not clear what an earlier source said of it",
        "calendars/days.py",
        "        days = {day: hours for day, hours in days.items() if day.year not in source.years}\n",
        "",
    ),
    Fault(
        "working hours that are over at a close are over at the next opening",
        "calendars/working_time.py",
        "interval = bisect_left(timeline.before, wanted) - 1",
        "interval = bisect_right(timeline.before, wanted) - 1",
    ),
    # commands, batches and questions
    Fault(
        "a dry run of many judges each as if none before it were done",
        "batches.py",
        "        batch = self._batch(PendingLog(self._log))\n"
        "        answers: list[Recorded | Rejected] = []\n"
        "        for item in several:\n",
        "        answers: list[Recorded | Rejected] = []\n"
        "        for item in several:\n"
        "            batch = self._batch(PendingLog(self._log))\n",
    ),
    Fault(
        "whose demand was merged into a merged one is not told the outcome",
        "recording/supporting.py",
        "            waiting += reversed(merged[-1].took_in)\n",
        "",
    ),
    Fault(
        "the work list of a role ignores the contractor that is given too",
        "queries.py",
        "board_filter = Filter(contractor=contractor, open=True, states=states)",
        "board_filter = Filter(contractor=None if role is not None else contractor, open=True, states=states)",
    ),
    Fault(
        "the level of one path is ignored in the figures of now",
        "queries.py",
        "totals.read(tables, dimensions[0], grouping.level_of(dimensions[0]))",
        "totals.read(tables, dimensions[0], level if isinstance(level, int) else 1)",
    ),
    Fault(
        "a demand as it was known on a day is the one of now, unless a day is asked about too",
        "application.py",
        "        if as_of is None and known_on is None:\n            return self._handler",
        "        if as_of is None:\n            return self._handler",
    ),
)
