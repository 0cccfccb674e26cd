"""Faults planted by hand in our own code, where they would hurt most: `make mutants` shows which law catches each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.paths import ROOT


@dataclass(frozen=True)
class Fault:
    """A slip in one file of the package: this text, which stands in it once, replaced by that."""

    name: str
    file: str
    before: str
    after: str

    def applied(self, package: Path = ROOT / "demandflow") -> str:
        """The file with the fault in it. Raises ValueError if the text does not stand in it exactly once."""
        source = (package / self.file).read_text(encoding="utf-8")
        if (found := source.count(self.before)) != 1:
            raise ValueError(f"{self.name}: the text stands {found} times in {self.file}, not once")
        return source.replace(self.before, self.after)


FAULTS = (
    # a demand and its events
    Fault(
        "an audit that was passed is forgotten",
        "domain/evolve.py",
        'change["audited"] = True',
        'change["audited"] = False',
    ),
    Fault(
        "evolve forgets the review date of a suspension",
        "domain/evolve.py",
        "change.update(review=fact.review)",
        "change.update(review=None)",
    ),
    Fault(
        "missed calls do not lapse with the round",
        "domain/evolve.py",
        'change["this_round"] = Round()',
        'change["this_round"] = Round(missed_callbacks=was.missed_callbacks)',
    ),
    Fault(
        "who hands the work back keeps it",
        "domain/evolve.py",
        '"work", contractor=None, co_handlers=()',
        '"work", co_handlers=()',
    ),
    Fault(
        "an un-merge is lost",
        "domain/evolve.py",
        "change.update(merged_into=None)",
        "change.update(merged_into=was.merged_into)",
    ),
    Fault(
        "letting one go lets the others go",
        "domain/merging.py",
        "if other != fact.demand)",
        "if other == fact.demand)",
    ),
    Fault(
        "a command id is not remembered",
        "domain/evolve.py",
        'change["commands"] = (*was.commands, (command, event.version))',
        'change["commands"] = was.commands',
    ),
    Fault(
        "a correction beats what was said later",
        "domain/corrections.py",
        "named >= was.subject.place_from",
        "named <= was.subject.place_from",
    ),
    Fault(
        "the earlier correction wins",
        "domain/corrections.py",
        "    for event in events:\n        if not isinstance(event.fact, Corrected):",
        "    for event in reversed(events):\n        if not isinstance(event.fact, Corrected):",
    ),
    Fault(
        "a correction of an own field beats what was said later",
        "domain/corrections.py",
        " if fact.event >= since.get(name, 0)}",
        "}",
    ),
    Fault(
        "an own field is shown on a day of the past as it was before it was corrected",
        "projections/figures/point_in_time.py",
        "return as_if(demand, **right, **own)",
        "return as_if(demand, **right)",
    ),
    Fault(
        "letters are not found in own fields",
        "projections/board/rows.py",
        "BETWEEN_TEXTS.join((text, *own.texts_of(attributes)))",
        "text",
    ),
    # the table and the door
    Fault(
        "a rule is dropped",
        "domain/workflow.py",
        "for rule in row.move.rules:\n",
        "for rule in row.move.rules[1:]:\n",
    ),
    Fault(
        "one objection is not enough",
        "domain/decide.py",
        "    if objections := workflow.objections(row, demand, proposal):\n",
        "    if len(objections := workflow.objections(row, demand, proposal)) > 1:\n",
    ),
    Fault(
        "rework begins no new round",
        "domain/decide.py",
        "if demand.version == 0 or row.begins_a_round else",
        "if demand.version == 0 else",
    ),
    Fault(
        "the due moment outlives a reopening",
        "domain/clocks/changes.py",
        '    if "reopened" in outcome.means:\n        return None\n',
        "",
    ),
    Fault(
        "taking over begins no new round",
        "domain/moves.py",
        '"reworked", "reopened", "taken_over"})',
        '"reworked", "reopened"})',
    ),
    Fault(
        "the role check is inverted",
        "domain/workflow.py",
        "tuple(row for row in rows if role in row.move.roles)",
        "tuple(row for row in rows if role not in row.move.roles)",
    ),
    Fault(
        "anybody may do what somebody may",
        "domain/workflow.py",
        "theirs = self._for.get((state, proposal.move, proposal.by.role), ())",
        "theirs = self.moves_from(state).get(proposal.move, ())",
    ),
    Fault(
        "a condition is taken the other way round",
        "domain/workflow.py",
        "if row.when is None or row.when(demand, proposal):",
        "if row.when is None or not row.when(demand, proposal):",
    ),
    Fault(
        "moves of one name are tried from the last",
        "domain/workflow.py",
        "key=lambda row: row.order)",
        "key=lambda row: -row.order)",
    ),
    Fault(
        "BACK leads where the demand did not come from",
        "domain/workflow.py",
        "return lambda demand, _: demand.came_from == state",
        "return lambda demand, _: demand.came_from != state",
    ),
    Fault(
        "BACK is said to be possible to everywhere",
        "domain/workflow.py",
        "ways = [row for row in lines if not row.move.leads_back or row.dest == demand.came_from]",
        "ways = [row for row in lines if not row.move.leads_back]",
    ),
    Fault(
        "what goes on is said to come from where it came from before",
        "domain/checks/paths.py",
        "came_from = spot.came_from if goal == spot.state else spot.state",
        "came_from = spot.came_from",
    ),
    Fault(
        "BACK leads nowhere",
        "domain/checks/paths.py",
        "else spot.came_from if move.to is BACK else str(move.to)",
        'else "" if move.to is BACK else str(move.to)',
    ),
    # clocks
    Fault(
        "a pause is not added",
        "domain/clocks/changes.py",
        "due = clock.moved(due, since, until, span)",
        "due = due",
    ),
    Fault(
        "what was overdue before a pause is moved by it",
        "domain/clocks/clock.py",
        "self.calendar.shifted(due, since, until, span) if since < due else due",
        "self.calendar.shifted(due, since, until, span)",
    ),
    Fault(
        "a pause that is over is forgotten",
        "domain/clocks/states.py",
        "pauses = () if dated else (*before.pauses, (before.since, at)) if resumed else before.pauses",
        "pauses = () if dated else before.pauses",
    ),
    Fault(
        "a pause is measured by the rule that would be in force now",
        "domain/clocks/changes.py",
        "    span = Span.of(run.span)\n    try:",
        "    span = clock.limits[-1].span\n    try:",
    ),
    Fault(
        "what ends at its due moment is missed",
        "domain/clocks/changes.py",
        "MET if until <= run.due else MISSED",
        "MET if until < run.due else MISSED",
    ),
    Fault(
        "what ends from a pause is judged by its end",
        "domain/clocks/changes.py",
        "until = run.since if run.status == PAUSED else outcome.at",
        "until = outcome.at",
    ),
    Fault(
        "a clock of a demand that was withdrawn is judged",
        "domain/clocks/changes.py",
        'if run.due is not None and outcome.ended_as in (None, "closed") and not outcome.migrates:',
        "if run.due is not None and not outcome.migrates:",
    ),
    Fault(
        "an ended clock runs on",
        "domain/clocks/changes.py",
        "    return _end(run, outcome)\n\n\ndef _start(",
        "    return None\n\n\ndef _start(",
    ),
    Fault(
        "a clock does not start anew with the round",
        "domain/clocks/changes.py",
        "return outcome.round != demand.round or bool(set(clock.restarts) & set(outcome.means))",
        "return bool(set(clock.restarts) & set(outcome.means))",
    ),
    Fault(
        "a clock does not restart with what a move means",
        "domain/clocks/changes.py",
        "return outcome.round != demand.round or bool(set(clock.restarts) & set(outcome.means))",
        "return outcome.round != demand.round",
    ),
    Fault(
        "the last limit that fits is taken",
        "domain/clocks/clock.py",
        "for limit in self.limits if limit.fits(category, urgency))",
        "for limit in reversed(self.limits) if limit.fits(category, urgency))",
    ),
    Fault(
        "a limit for a category is for no category below it",
        "domain/clocks/clock.py",
        "category is not None and category.within(self.category))",
        "category == self.category)",
    ),
    Fault(
        "an extension is ignored",
        "domain/clocks/changes.py",
        "    if clock.extensible and outcome.due is not None:\n        return outcome.due\n",
        "",
    ),
    Fault(
        "a due moment that a clock takes is that of the whole as well",
        "domain/clocks/changes.py",
        "if due is not None and not any(clock.extensible and _runs_after(clock, demand, outcome) for clock in clocks):",
        "if due is not None:",
    ),
    Fault(
        "a clock that is no longer declared goes on",
        "domain/clocks/changes.py",
        "if state.goes_on and state.clock not in declared",
        "if state.goes_on and not declared",
    ),
    Fault(
        "what rests is due",
        "domain/clocks/states.py",
        "return self.due is not None and (self.status == RUNNING or self.paused_too_late)",
        "return self.due is not None and self.goes_on",
    ),
    Fault(
        "what was overdue is not due while it rests",
        "domain/clocks/states.py",
        "return self.due is not None and (self.status == RUNNING or self.paused_too_late)",
        "return self.due is not None and self.status == RUNNING",
    ),
    Fault(
        "an extension does not extend the whole",
        "domain/clocks/changes.py",
        "return max(demand.due, due)",
        "return demand.due",
    ),
    Fault(
        "moving over to where a clock does not run means that the work is done",
        "domain/clocks/changes.py",
        " and not outcome.migrates:",
        ":",
    ),
    # recording and storage
    Fault(
        "the other side of a merge is not recorded",
        "recording/handling.py",
        "self._log.append(events)\n",
        "self._log.append(events[:1])\n",
    ),
    Fault(
        "the version that is kept is never the newest",
        "recording/demands.py",
        "if kept is None or kept.version < demand.version:",
        "if kept is None or kept.version > demand.version:",
    ),
    Fault(
        "another may use the same command id",
        "recording/earlier.py",
        "    if event.meta.actor != command.by:\n        raise CommandConflict(",
        "    if event.meta.actor == command.by:\n        raise CommandConflict(",
    ),
    Fault(
        "who decides on what is no longer so is not told",
        "recording/earlier.py",
        "was, now = _standing(seen), _standing(demand)",
        "was, now = str(seen.id), str(demand.id)",
    ),
    Fault(
        "what is written down late is recorded as if at once",
        "recording/handling.py",
        "by, at, recorded, workflow.key,",
        "by, at, at, workflow.key,",
    ),
    Fault(
        "anybody may enter what happened days ago",
        "recording/moments.py",
        "if recorded - at > self._late_entry and",
        "if recorded - at > timedelta(days=3650) and",
    ),
    Fault(
        "what has not happened yet is entered",
        "recording/moments.py",
        "if at > max(recorded + ALLOWED_SKEW, last):",
        "if at > max(recorded + timedelta(days=3650), last):",
    ),
    Fault(
        "a late entry is not marked",
        "recording/handling.py",
        "late = True if at < recorded - ALLOWED_SKEW else None",
        "late = None",
    ),
    Fault(
        "who moves over stays on the old workflow",
        "recording/handling.py",
        "fact.workflow if isinstance(fact, MovedOver) else demand.workflow",
        "demand.workflow",
    ),
    Fault(
        "a field is lost in the log",
        "store/mapper.py",
        "Event(demand, version, fact, body.meta, body.stamp, earlier)",
        "Event(demand, version, fact, body.meta, type(body.stamp)(*body.stamp.__reduce__()[1][:6]), earlier)",
    ),
    Fault(
        "the log gives one event too many",
        "store/sqlite/recorder.py",
        "AND originator_version <= ?",
        "AND originator_version < ? + 2",
    ),
    # book-keeping
    Fault(
        "a measure is counted twice",
        "projections/entries.py",
        "meaning, 0, 0, now.where)] = 1",
        "meaning, 0, 0, now.where)] = 2",
    ),
    Fault(
        "the old standing is not booked out",
        "projections/entries.py",
        '"", *was)] = -1',
        '"", *was)] = 0',
    ),
    Fault(
        "a correction is booked on the day of the correction",
        "projections/entries.py",
        "return {entry: amount for entry, amount in difference.items() if amount}",
        "on = day(events[-1].meta.happened)\n"
        "    return {entry._replace(happened=on): amount for entry, amount in difference.items() if amount}",
    ),
    Fault(
        "a correction forgets the one before",
        "projections/entries.py",
        "_all_booked(events[:-1], day, own)",
        "_all_booked(events[:-2], day, own)",
    ),
    Fault(
        "what was missed counts as met",
        "projections/standing.py",
        "return MET if demand.ended <= demand.due else MISSED",
        "return MET",
    ),
    Fault(
        "who was told counts as asked",
        "projections/standing.py",
        "value |= ASKED if demand.asked else 0",
        "value |= ASKED if demand.told else 0",
    ),
    Fault(
        "the contractor's word counts as the resident's",
        "projections/standing.py",
        "(RESOLVED if demand.resolved else 0)",
        "(RESOLVED if demand.reported_resolved else 0)",
    ),
    Fault(
        "one day late is in time",
        "projections/standing.py",
        "demand.ended <= demand.due",
        "demand.ended.date() <= demand.due.date()",
    ),
    Fault(
        "the contractor who handed it back is not counted",
        "projections/standing.py",
        'demand.lead or ""',
        'demand.contractor or ""',
    ),
    Fault(
        "the deepest level of a place is left out",
        "projections/totals.py",
        "range(1, min(len(names), DEEPEST) + 1)",
        "range(1, min(len(names), DEEPEST))",
    ),
    Fault(
        "a total is replaced instead of added to",
        "projections/totals.py",
        "SET number = demandflow_totals.number + excluded.number",
        "SET number = excluded.number",
    ),
    Fault(
        "those right at a place hide those below it",
        "projections/totals.py",
        "(dimension = ? AND level < ?)",
        "(dimension = ? AND level <= ?)",
    ),
    Fault(
        "the day of happening and that of recording are exchanged",
        "projections/ledger.py",
        "moments = (received, happened, recorded, ended)",
        "moments = (received, recorded, happened, ended)",
    ),
    Fault(
        "the board keeps the first that it saw",
        "projections/board/rows.py",
        "UPDATE demandflow_board SET {sets} WHERE received = ?",
        "UPDATE demandflow_board SET {sets} WHERE version = 0 AND received = ?",
    ),
    Fault(
        "who entered another state is not noted",
        "projections/bookkeeping.py",
        "if before is None or before.stamp.state != after.stamp.state:",
        "if before is None:",
    ),
    Fault(
        "a position is saved before its page",
        "store/following/cursor.py",
        "                return False\n            gone = self.unpark(again)",
        "                return False\n"
        "            self.move(moved)\n"
        "        with self._tables.transaction():\n"
        "            gone = self.unpark(again)",
    ),
    Fault(
        "a page is written though somebody else wrote it",
        "store/following/cursor.py",
        "if self.position() != began:",
        "if self.position() is None:",
    ),
    Fault(
        "what was broken off is kept",
        "store/sqlite/tables.py",
        'self.connection.execute("ROLLBACK")',
        'self.connection.execute("COMMIT")',
    ),
    Fault(
        "a page that is read again goes on from where it had come",
        "projections/bookkeeping.py",
        "self.demand.version == version)",
        "self.demand.version >= version)",
    ),
    # questions
    Fault(
        "a window by receipt leaves out its first day",
        "projections/figures/question.py",
        '"received BETWEEN ? AND ?"',
        '"received > ? AND received <= ?"',
    ),
    Fault(
        "a window by closing leaves out its last day",
        "projections/figures/question.py",
        "AND ended BETWEEN ? AND ?",
        "AND ended >= ? AND ended < ?",
    ),
    Fault(
        "as of a day leaves out that day",
        "projections/figures/question.py",
        'f"{column} <= ?"',
        'f"{column} < ?"',
    ),
    Fault(
        "what was closed and reopened is still closed",
        "projections/figures/question.py",
        "HAVING SUM(amount) > 0",
        "HAVING MAX(amount) > 0",
    ),
    Fault(
        "a place does not take in what is below it",
        "projections/figures/question.py",
        "if name in PATHS and value:",
        "if name in PATHS and not value:",
    ),
    Fault(
        "a path is cut one level too late",
        "projections/figures/question.py",
        "[: self.level_of(name)]",
        "[: self.level_of(name) + 1]",
    ),
    Fault(
        "a day is two days",
        "projections/figures/periods.py",
        "return cls(written, written)",
        "return cls(written, written + timedelta(days=1))",
    ),
    Fault(
        "days of two months are one number",
        "projections/figures/periods.py",
        "day.month * 100 + day.day",
        "day.month // 2 * 100 + day.day",
    ),
    Fault(
        "a rate begins at one",
        "projections/figures/figures.py",
        "for count, weight in rule.numerator), Fraction(0))",
        "for count, weight in rule.numerator), Fraction(1))",
    ),
    Fault(
        "a rate has one too many in its denominator",
        "projections/figures/figures.py",
        "sum(self._number(count, *needs) for count in rule.denominator)",
        "1 + sum(self._number(count, *needs) for count in rule.denominator)",
    ),
    Fault(
        "a figure of what never happened is one",
        "projections/figures/figures.py",
        "number = self.happened.get(meaning, 0)",
        "number = self.happened.get(meaning, 1)",
    ),
    Fault(
        "satisfaction is pooled over two workflows",
        "projections/figures/figures.py",
        "return len(self._by_workflow) > 1",
        "return len(self._by_workflow) > 2",
    ),
    Fault(
        "satisfaction is not pooled over versions of a workflow",
        "projections/standing.py",
        "{OF_WORKFLOWS}{key.rpartition('@')[0]} {stands}",
        "{OF_WORKFLOWS}{key} {stands}",
    ),
    Fault(
        "those whose score is not satisfied are not among those that give it",
        "projections/figures/drilldown.py",
        '{"evaluated": (SATISFIED, NOT_SATISFIED)}',
        '{"evaluated": (SATISFIED,)}',
    ),
    Fault(
        "every score that is given is satisfied in what changed",
        "projections/figures/changes.py",
        "if count == SATISFIED:",
        "if count:",
    ),
)
