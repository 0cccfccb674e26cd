"""Faults of design, planted by somebody who knows the public methods and not the laws."""

from __future__ import annotations

from tests.mutation.faults import Fault

BATCH = (
    # policies and their runs
    Fault(
        "of several facts of one reaction only the first is kept",
        "policies/policy.py",
        'return f"{REACTION}{policy}: {cause}" + (f" #{number + 1}" if number else "")',
        'return f"{REACTION}{policy}: {cause}"',
    ),
    Fault(
        "what was handed back in the same round is not dispatched again",
        "policies/dispatch.py",
        'cause = f"round {demand.round}, after {len(demand.contracts)} contracts: {_what(demand)}"',
        'cause = f"round {demand.round}: {_what(demand)}"',
    ),
    Fault(
        "whoever was given it first counts as the one who handed it back",
        "policies/dispatch.py",
        "yield from held[-1:]",
        "yield from held[:1]",
    ),
    Fault(
        "work given out in one run does not count as load in it",
        "automation/lookup.py",
        "return self._loads.get(contractor, 0) + self._changed[contractor]",
        "return self._loads.get(contractor, 0)",
    ),
    Fault(
        "a unit for the category is preferred to one for the street",
        "policies/dispatch.py",
        "return (depth, max(depths)) if depths else None",
        "return (max(depths), depth) if depths else None",
    ),
    Fault(
        "of several reminders whose time has passed the earliest is given",
        "policies/deadlines.py",
        "if not any(call.at < other.at <= context.now for other in calls):",
        "if not any(other.at < call.at for other in calls):",
    ),
    Fault(
        "a due moment that was put off is not reminded of again",
        "policies/deadlines.py",
        'as_cause(f"{self.clock} {moments.spelled(self.due)} {name}")',
        'as_cause(f"{self.clock} {name}")',
    ),
    Fault(
        "it is escalated while the resident has the turn",
        "policies/deadlines.py",
        "elif dated == timer and not demand.escalated and workflow.state(demand.state).owner != Role.RESIDENT:",
        "elif dated == timer and not demand.escalated:",
    ),
    Fault(
        "a run for a past moment asks what is due by now",
        "automation/reactions.py",
        "ran = self._runner.run(due, present, stop)",
        "ran = self._runner.run(present, present, stop)",
    ),
    Fault(
        "what is due at this very moment waits for the next run",
        "automation/agenda.py",
        'f"AND at <= ? AND',
        'f"AND at < ? AND',
    ),
    Fault(
        "rebuilding lets dropped reactions be asked again",
        "automation/agenda.py",
        "self.tables.make(PARKED_SCHEMA, self.tables.altered(PARKED_SCHEMA))",
        "self.tables.make(PARKED_SCHEMA, tables_of(PARKED_SCHEMA))",
    ),
    Fault(
        "a reaction that was dropped comes back when it is retried",
        "automation/parked.py",
        '"DELETE FROM demandflow_parked WHERE policy = ? AND demand = ? AND cause = ? AND dropped = 0",',
        '"DELETE FROM demandflow_parked WHERE policy = ? AND demand = ? AND cause = ?",',
    ),
    Fault(
        "a policy that lengthens the notice period shortens it",
        "policies/callbacks.py",
        "days = max((*wanted, *(() if self.days is None else (self.days,))), default=NOTICE_DAYS)",
        "days = next(iter((*(() if self.days is None else (self.days,)), *wanted)), NOTICE_DAYS)",
    ),
    Fault(
        "what is suspended a second time is not looked at again",
        "policies/reviews.py",
        'yield Timer(at, f"review {moments.spelled(demand.review)}")',
        'yield Timer(at, f"review in round {demand.round}")',
    ),
    Fault(
        "a resident is told of a window that has closed",
        "policies/reviews.py",
        "if context.now <= until:",
        "if timer.at <= until:",
    ),
    Fault(
        "what is new is brought before the auditor on holidays and not on make-up days",
        "policies/sorting.py",
        "return self.calendar.is_working_day(day)",
        "return bool(self.calendar.hours[day.weekday()])",
    ),
    Fault(
        "an earlier demand is said to repeat a later one",
        "policies/sorting.py",
        "if (other.received, other.demand) < this and",
        "if (other.received, other.demand) != this and",
    ),
    Fault(
        "a call that was missed already gets its notice",
        "policies/callbacks.py",
        "if number > demand.missed_callbacks:",
        "if number >= demand.missed_callbacks:",
    ),
    # notices
    Fault(
        "a notice that its hook failed on is not given again",
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
        "all hooks share one position",
        "automation/deliveries.py",
        'return Cursor(self._source, self._tables, f"{READER} {hook}")',
        'return Cursor(self._source, self._tables, f"{READER} all")',
    ),
    Fault(
        "a process that died keeps its hook for good",
        "automation/deliveries.py",
        "alive = _text(now) < until <= _text(now + LEASE)",
        'alive = until != ""',
    ),
    Fault(
        "two processes give the same hook its notices at once",
        "automation/deliveries.py",
        'if (holder not in ("", self._holder) and alive) or reader.position() != began:',
        "if reader.position() != began:",
    ),
    Fault(
        "a notice has the place of today, not of when it was recorded",
        "automation/notices.py",
        "return fold(log.events(event.demand, upto=event.version))",
        "return fold(log.events(event.demand))",
    ),
    # calendars
    Fault(
        "a later source that covers a year leaves the holidays of the earlier one",
        "calendars/days.py",
        "        days = {day: hours for day, hours in days.items() if day.year not in source.years}\n",
        "",
    ),
    Fault(
        "a night in which the clocks change is read as any other",
        "calendars/timeline.py",
        "self.steady.append(closes - opens == closing - opening)",
        "self.steady.append(True)",
    ),
    Fault(
        "a clock time's second coming is taken for its first",
        "calendars/working_time.py",
        "return instant_of(target, wall.fold)",
        "return instant_of(target)",
    ),
    Fault(
        "a pause is added in elapsed time to a deadline in working time",
        "calendars/calendar.py",
        "        if not unit.counts_working_time:\n            return _moment(old + ended - began)\n"
        "        return _moment(self._time.later(old, self._time.worked(began, ended)))",
        "        return _moment(old + ended - began)",
    ),
    Fault(
        "a calendar is known until the last of its years, whatever lies between",
        "calendars/calendar.py",
        "return date(self._time.covered_around(year)[-1], 12, 31) if year in self.covered else None",
        "return date(max(self.covered), 12, 31) if year in self.covered else None",
    ),
    Fault(
        "the day after the last of an event's days is closed too",
        "calendars/sources.py",
        "for day in range((after - first).days))",
        "for day in range((after - first).days + 1))",
    ),
    Fault(
        "so many working days sooner is the same clock time, though it was closed then",
        "calendars/working_time.py",
        "return start if self._add_working_days(start, days) == due else None",
        "return start",
    ),
    Fault(
        "it is still open at the moment of its closing",
        "calendars/calendar.py",
        "return interval >= 0 and instant < timeline.closes[interval]",
        "return interval >= 0 and instant <= timeline.closes[interval]",
    ),
    Fault(
        "a make-up day of a weekday with hours of its own has the make-up hours",
        "calendars/calendar.py",
        "return hours if hours is not None else usual or self.makeup_hours",
        "return hours if hours is not None else self.makeup_hours",
    ),
    # recording
    Fault(
        "what was seen is not looked at where it is given as a version",
        "recording/earlier.py",
        "seen = demand if seen == demand.version else self.after(demand.id, seen)",
        "seen = demand",
    ),
    Fault(
        "a demand that has gone round since is the one that was seen",
        "recording/earlier.py",
        'return f"{demand.state}{with_whom} in round {demand.round}"',
        'return f"{demand.state}{with_whom}"',
    ),
    Fault(
        "a command that comes again is answered with the demand of today",
        "recording/earlier.py",
        "        done: S = self.after(demand.id, version)\n        return done\n\n    def after(",
        "        return demand\n\n    def after(",
    ),
    Fault(
        "what is only tried is recorded",
        "recording/handling.py",
        "return self.on(PendingLog(self._log), backdating=self._backdating)",
        "return self",
    ),
    Fault(
        "a command is refused by what this process remembers",
        "recording/handling.py",
        "                if self.demands.changed_meanwhile(demand, other):\n                    continue\n"
        "                if isinstance(error, StaleDemand):",
        "                if isinstance(error, StaleDemand):",
    ),
    Fault(
        "a demand is shown as this process knows it, whatever others recorded",
        "recording/demands.py",
        "            kept = self._beside._kept.get(demand.int)\n        return self._refreshed(kept, demand)",
        "            kept = self._beside._kept.get(demand.int)\n        return kept or self._refreshed(kept, demand)",
    ),
    Fault(
        "anybody may act under the name of a policy",
        "recording/handling.py",
        "if by.role == Role.POLICY and by.id in self._policies and not command.reaction:",
        "if by.role != Role.POLICY and command.reaction:",
    ),
    Fault(
        "a line of the history has the moment of its writing",
        "recording/history.py",
        "meta.happened.astimezone(zone),",
        "meta.recorded.astimezone(zone),",
    ),
    Fault(
        "a reference in another Unicode form has the id of another demand",
        "recording/registering.py",
        "key = asked_of(text, what).strip()",
        "key = str(text).strip()",
    ),
    Fault(
        "what happened exactly a day ago is too late to enter",
        "recording/moments.py",
        "if recorded - at > self._late_entry and not backdating",
        "if recorded - at >= self._late_entry and not backdating",
    ),
    # batches
    Fault(
        "a batch whose block fails is recorded up to there",
        "store/pending.py",
        "if kind is None and self.pending:",
        "if self.pending:",
    ),
    Fault(
        "what an attempt took back still stands in the batch",
        "batches.py",
        "self._handler.demands.forget(self._pending.take_back(began))",
        "self._pending.take_back(began)",
    ),
    Fault(
        "in a dry run earlier items do not count for later ones",
        "batches.py",
        "                with batch.attempt():\n                    answers.append(acted(batch, item))\n",
        "                answers.append(acted(self._batch(PendingLog(self._log)), item))\n",
    ),
    Fault(
        "what follows a refused item is left out",
        "batches.py",
        "                        answers.append(Rejected(item, reason))\n            return answers",
        "                        answers.append(Rejected(item, reason))\n                        break\n"
        "            return answers",
    ),
    Fault(
        "a batch may enter what is past for everybody",
        "batches.py",
        "handler = self._handler.on(pending, backdating=backdating)",
        "handler = self._handler.on(pending, backdating=True)",
    ),
    # the domain
    Fault(
        "what the supervisor once took over stays with them after a reopening",
        "domain/evolve.py",
        '    "reopened": lambda was, event, fact, change: change.update(taken_over=False),\n',
        "",
    ),
    Fault(
        "a demand that came back to the audit counts as audited",
        "domain/evolve.py",
        'change["audited"] = change.get("audited", was.audited) and event.stamp.stage != Stage.AUDIT',
        'change["audited"] = change.get("audited", was.audited)',
    ),
    Fault(
        "who wrote the evaluation down is not remembered",
        "domain/evolve.py",
        '_add(was, change, "evaluators", event.meta.actor.id, event.meta.actor.unit, fact.written_by)',
        '_add(was, change, "evaluators", event.meta.actor.id, event.meta.actor.unit)',
    ),
    Fault(
        "who helped is no handler once somebody else has the work",
        "domain/evolve.py",
        "workers=work.workers.union(helpers),",
        "workers=work.workers,",
    ),
    Fault(
        "a second correction of an event undoes the first",
        "domain/corrections.py",
        "named = by_version.get(event.fact.event)",
        "named = next((other for other in events if other.version == event.fact.event), None)",
    ),
    Fault(
        "a correction gives handed back work to the corrected contractor",
        "domain/corrections.py",
        "has_it = fact.contractor if work.contractor is not None else None",
        "has_it = fact.contractor",
    ),
    Fault(
        "the residents of a merged demand have no say in the other",
        "domain/merging.py",
        "return TookIn(demand=demand.id, residents=demand.residents or None)",
        "return TookIn(demand=demand.id)",
    ),
    Fault(
        "whose demand was let go still speaks for the other",
        "domain/merging.py",
        'change["joined"] = tuple(pair for pair in was.joined if pair[0] != fact.demand)',
        'change["joined"] = was.joined',
    ),
    Fault(
        "in the last moment of the window nothing is taken up again",
        "domain/rules/book.py",
        "if demand.ended is not None and proposal.at > (until :=",
        "if demand.ended is not None and proposal.at >= (until :=",
    ),
    Fault(
        "an extension may name an earlier moment than the agreed one",
        "domain/rules/book.py",
        "now = max(demand.agreed_due or proposal.at, proposal.at)",
        "now = proposal.at",
    ),
    Fault(
        "who is given recalled work has what the one before left of the time",
        "domain/standard/clocks.py",
        'take_on, calendar, restarts=("contracted_out",)),',
        "take_on, calendar),",
    ),
    Fault(
        "a demand of unknown urgency has the time of an emergency",
        "domain/clocks/clock.py",
        "for limit in self.limits if limit.fits(category, urgency))",
        "for limit in self.limits if limit.fits(category, urgency or limit.urgency))",
    ),
    Fault(
        "a category is within every other that begins with its letters",
        "domain/values.py",
        'return self == other or self.startswith(f"{other}/")',
        "return self.startswith(other)",
    ),
    # moves and those concerned
    Fault(
        "a move is offered that a rule refuses whatever is said",
        "domain/workflow.py",
        "if not any(forbidden_anyway(r, demand, name, by) for r in row.move.rules)]",
        "]",
    ),
    Fault(
        "of those merged only the ones merged directly are to be told",
        "recording/supporting.py",
        "            waiting += reversed(merged[-1].took_in)\n",
        "",
    ),
    # the board
    Fault(
        "the board is not narrowed by urgency",
        "projections/board/filter.py",
        '"ended_as", "urgency", "clock")',
        '"ended_as", "clock")',
    ),
    Fault(
        "a place on the board has all whose names begin like its own",
        "projections/board/filter.py",
        'within = Condition(f"{column} >= ? AND {column} < ?", (path, f"{path}0"), (column,), RANGE)',
        'within = Condition(f"{column} >= ? AND {column} < ?", (path, f"{path}~"), (column,), RANGE)',
    ),
    Fault(
        "what is missing in the second column comes first on the board",
        "projections/board/order.py",
        '" NULLS LAST"',
        '" NULLS FIRST"',
    ),
    Fault(
        "of demands received at one moment some are on no page",
        "projections/board/order.py",
        "return tuple(dict.fromkeys((*self.sort, *RECEIPT)))",
        "return tuple(dict.fromkeys((*self.sort, RECEIPT[0])))",
    ),
    Fault(
        "what is due right now is overdue on the board",
        "projections/board/filter.py",
        'Condition("due < ?", (microseconds(self.overdue_at),)',
        'Condition("due <= ?", (microseconds(self.overdue_at),)',
    ),
    Fault(
        "the withdrawn are among those closed in a period",
        "projections/board/filter.py",
        "        if self.closed is not None:\n"
        '            conditions.append(Condition("ended_as = ?", ("closed",), ("ended_as",), EQUAL))\n',
        "",
    ),
    Fault(
        "a contractor's work list has what waits for others",
        "queries.py",
        "states = tuple((key, state) for key, flow in by_key for state in flow.states_for_contractors())",
        "states = None",
    ),
    Fault(
        "who no longer helps has it on the board for good",
        "projections/board/rows.py",
        "    connection.executemany(NO_HELPER, before - after)\n",
        "",
    ),
    Fault(
        "what was handed back is still in hand of who had it",
        "projections/board/rows.py",
        '"SELECT contractor, COUNT(*) FROM demandflow_board "\n'
        '        "WHERE ended_as IS NULL AND contractor IS NOT NULL GROUP BY contractor"',
        '"SELECT lead, COUNT(*) FROM demandflow_board "\n'
        '        "WHERE ended_as IS NULL AND lead IS NOT NULL GROUP BY lead"',
    ),
    Fault(
        "a window of rows is of days in UTC",
        "projections/query_base.py",
        "return None if period is None else Period.of(period).moments(self._projector.zone_now())",
        'return None if period is None else Period.of(period).moments(type(self._projector.zone)("UTC"))',
    ),
    # points in time
    Fault(
        "a demand of a past day is that of the day in UTC",
        "projections/figures/point_in_time.py",
        "return at.astimezone(self.zone).date() <= until",
        "return at.date() <= until",
    ),
    Fault(
        "a demand of a past day has the category before its correction",
        "projections/figures/point_in_time.py",
        '"subject": ("channel", "place", "place_from", "category", "category_from"),',
        '"subject": ("channel", "place", "place_from"),',
    ),
    Fault(
        "what was known to be overdue is judged as of today",
        "projections/figures/point_in_time.py",
        "day = min(day for day in (*self.days.values(), today) if day is not None)",
        'day = min(day for day in (self.days["as_of"], today) if day is not None)',
    ),
    Fault(
        "deadlines of a past moment are told by what is open now",
        "projections/query_base.py",
        "if at < self.now() and board.changed_since(tables, at):",
        "if at > self.now() and board.changed_since(tables, at):",
    ),
    # the ledger and what is made of it
    Fault(
        "a happening counts in the slice that the demand left by it",
        "projections/entries.py",
        "meaning, 0, 0, now.where)] = 1",
        "meaning, 0, 0, (was or now).where)] = 1",
    ),
    Fault(
        "after the zone has changed old standings are booked out of the days of the old one",
        "projections/bookkeeping.py",
        "            self._day = day\n            self._kept.clear()\n",
        "            self._day = day\n",
    ),
    Fault(
        "a stay goes on until the demand is taken up again",
        "projections/stays.py",
        "left.setdefault(demand, at)",
        "left[demand] = at",
    ),
    Fault(
        "what happened to the closed elsewhere is left out of a window by closing",
        "projections/figures/question.py",
        'condition, values = replace(self, **dict.fromkeys((*DIMENSIONS, "own"))).standing_lines()',
        "condition, values = self.standing_lines()",
    ),
    Fault(
        "a place in the figures has all whose names begin like its own",
        "projections/figures/question.py",
        'values += [value, f"{value}/", f"{value}0"]',
        'values += [value, value, f"{value}~"]',
    ),
    Fault(
        "the first week of a year has the name of the year in which it begins",
        "projections/figures/periods.py",
        'return f"{year:04}-W{week:02}"',
        'return f"{day.year:04}-W{week:02}"',
    ),
    Fault(
        "what nobody declares is none instead of n/a",
        "projections/standing.py",
        "return 0 if any(demands and standing & declares for standing, demands in tally.items()) else None",
        "return 0",
    ),
    Fault(
        "demands without a unit count as one in the mean of units",
        "projections/figures/by.py",
        "units = (part for key, part in self.parts.items() if all((key,) if isinstance(key, str) else key))",
        "units = self.parts.values()",
    ),
    # durations
    Fault(
        "a percentile is that of the rank below",
        "projections/figures/durations.py",
        "return (low + (high - low) * (at - floor(at))) / 1_000_000",
        "return Fraction(low) / 1_000_000",
    ),
    Fault(
        "what ended after the moment counted up to has its whole time",
        "projections/figures/durations.py",
        "yield start, None if end is not None and until is not None and until < end else end",
        "yield start, end",
    ),
    # drill-down and changes
    Fault(
        "a demand that was closed twice counts since the first time",
        "projections/figures/drilldown.py",
        "            decisive = max(of_one_event, key=itemgetter(-1))",
        "            return max(of_one_event, key=itemgetter(-1))",
    ),
    Fault(
        "what became overdue as time went by did not change",
        "projections/figures/changes.py",
        "return [bytes(demand) for (demand,) in rows.fetchall()] if before.cutoff != check.cutoff else []",
        "return [bytes(demand) for (demand,) in rows.fetchall()] if before.cutoff.day < first else []",
    ),
    Fault(
        "a demand that changed its slice alone is not among the changes",
        "projections/figures/changes.py",
        "if before == after and not happened:",
        "if (before and before.counts) == (after and after.counts) and not happened:",
    ),
    Fault(
        "what is due later today is listed as overdue",
        "projections/figures/drilldown.py",
        "if _needs_due_moments(name):\n        later",
        "if name not in RANGES and _needs_due_moments(name):\n        later",
    ),
    # the log and its settings
    Fault(
        "who names another time zone than the log's is not told",
        "store/settings.py",
        "    if wanted.zone is not None and wanted.zone != zone:\n        raise WrongZone(wanted.zone, zone)\n",
        "",
    ),
    Fault(
        "a rule book that changed under its name is taken as it is",
        "store/settings.py",
        "if (now := declared(workflows[key])) != kept[key]:",
        "if (now := declared(workflows[key])) is None:",
    ),
    Fault(
        "who names no tenant may open the log of any",
        "store/settings.py",
        "if row[1] != tenant:",
        "if tenant is not None and row[1] != tenant:",
    ),
    Fault(
        "who has the log open goes on in its old zone",
        "projections/projector.py",
        "        if self.zone.key != (zone := self._source.zone):\n            self.zone = ZoneInfo(zone)\n",
        "",
    ),
    Fault(
        "an end that goes while the log is open is not noticed",
        "store/log.py",
        "            if newest is not None and not there:\n                self._note_missing(newest)\n",
        "",
    ),
    Fault(
        "an event that went counts twice among the missing",
        "store/holes.py",
        "    return max(\n        sum(hole.last",
        "    return sum(\n        sum(hole.last",
    ),
    # grades, and several workflows
    Fault(
        "a grade that weighs just a half does not count as partly satisfied",
        "projections/standing.py",
        "if means.weight >= HALF else 0",
        "if means.weight > HALF else 0",
    ),
    Fault(
        "a corrected grade counts for what the wrong one did",
        "domain/corrections.py",
        'stamp = replace(named.stamp, grade_means=event.stamp.grade_means) if "grade" in fields else named.stamp',
        "stamp = named.stamp",
    ),
    Fault(
        "who moved over counts by what the first workflow declares",
        "domain/decide.py",
        "new_here = demand.version == 0 or isinstance(fact, MovedOver)",
        "new_here = demand.version == 0",
    ),
    Fault(
        "new demands start on the last workflow that is given",
        "domain/versions/workflows.py",
        "found = next((workflow for workflow in theirs if",
        "found = next((workflow for workflow in reversed(theirs) if",
    ),
    Fault(
        "demands that ended are asked to move over too",
        "batches.py",
        "for row in self.board(workflow=self._key(of), open=True, limit=MOST).rows",
        "for row in self.board(workflow=self._key(of), limit=MOST).rows",
    ),
    # what lapses
    Fault(
        "a review date outlives the suspension",
        "domain/evolve.py",
        '    if "since" in change:\n        change["review"] = None\n',
        "",
    ),
    Fault(
        "who helped the contractor before helps the next one",
        "domain/evolve.py",
        "helpers, work = fact.co_handlers or (), was.work",
        "helpers, work = fact.co_handlers or was.work.co_handlers, was.work",
    ),
    Fault(
        "what is entered late sets the demand back",
        "domain/evolve.py",
        "at = meta.happened if was.last is None or meta.happened > was.last else was.last",
        "at = meta.happened",
    ),
    Fault(
        "what was reacted to is asked again whenever the demand changes",
        "automation/asking.py",
        "                for timer in timers\n                if command_of(policy.name, timer.cause) not in done\n",
        "                for timer in timers\n",
    ),
    Fault(
        "a new due moment that a contract names at the start of a clock is not taken",
        "domain/clocks/changes.py",
        "ClockChange(clock.name, RUNNING, named or clock.due(outcome.at, span), str(span), clock.extensible or None)",
        "ClockChange(clock.name, RUNNING, clock.due(outcome.at, span), str(span), clock.extensible or None)",
    ),
)
