"""Why some mutants are noticed by nobody, and need not be: by where they are and what the changed line then says."""

from __future__ import annotations

from tests.mutation.mutated import Mutant

SAME = "the same: "
OURS = "no caller can tell: "
BUILT_BEFORE = "its module has built it before mutmut changes it; tests/unit/"
UPSET = "noticed by a test that is left out, for mutmut calls once more: "

SLOWER = SAME + "what is not found at once is found by halving"
UNTAKEN = SAME + "what is found at once is taken only if add confirms it"
AT_ONCE = SAME + "only who lays it out if two threads want it at once"
MORE = SAME + "only how many years are laid out beforehand"
EXACT = SAME + "so many microseconds are a float exactly"
ANEW = SAME + "only what is laid out anew instead of kept"
WALL = SAME + "the clock on the wall is asked where it need not be"
HALVED = SAME + "only how many steps the halving takes"

WHOLE = SAME + "what is not known to be right at once is looked at in full"
NO_MORE = SAME + "None is no more true than False"

WHYS: tuple[tuple[str, str, str, str], ...] = (
    ("inputs/texts.py", "_surely_right", "XX", WHOLE),
    ("inputs/texts.py", "text_of", "< LONGEST_TEXT", WHOLE),
    ("inputs/own_values.py", "_as_json", "listed(made, )", SAME + "it is what is said if nothing is said"),
    ("inputs/words.py", "_number", '"WORD"', OURS + "the field is named instead"),
    ("domain/values.py", "_UnlessStored.__get_pydantic_core_schema__", "", BUILT_BEFORE + "domain judges it"),
    ("inputs/texts.py", "path_of", "short = None", WHOLE),
    ("inputs/plain.py", "frozen_mapping", "_mapping(value, None", OURS + "what was checked before is not refused here"),
    ("domain/own_fields.py", "with_own", "ensure_ascii=None", SAME + "it is read again at once"),
    ("domain/county/services/forms.py", "form_text", "allow_nan=None", NO_MORE),
    ("domain/checks/separation.py", "_demands", "source, 1, None, taken_over", NO_MORE),
    ("domain/checks/separation.py", "_objects_to_the_auditor", '"ANOTHER"', SAME + "it is the name of nobody else"),
    ("domain/checks/separation.py", "_objects_to_the_auditor", "None, **GIVEN", SAME + "it is the name of nobody else"),
    ("domain/corrections.py", "corrected", 'set_part(None, change, "work"', SAME + "that part was changed already"),
    ("domain/versions/workflows.py", "Workflows.first", "= None", SAME + "it is found once more"),
    ("domain/county/grid/directory_rules.py", "something_was_counted", "None)", SAME + "when does not say what"),
    ("domain/county/grid/directory.py", "_common", "zip(*names, )", SAME + "it is what zip() does if nothing is said"),
    ("domain/county/people/commitments.py", "commitment", "", BUILT_BEFORE + "county judges it"),
    (
        "domain/checks/answers.py",
        "odd_answers",
        "if (move.when) or True else ()",
        SAME + "what is no function cannot be asked, and answers nothing",
    ),
    ("calendars/calendar.py", "Calendar.add", "type(None) is not Span", SAME + "a span is read as itself"),
    ("calendars/calendar.py", "Calendar.between", "began < ended", SAME + "nothing lies between a moment and itself"),
    ("calendars/working_time.py", "WorkingTime.__init__", "lru_cache(None)", SAME + "only how many answers are kept"),
    ("calendars/working_time.py", "WorkingTime._before", "same_clock = None", SLOWER),
    ("calendars/working_time.py", "WorkingTime._before", "and False else None", SLOWER),
    ("calendars/working_time.py", "WorkingTime._before", "or True else None", UNTAKEN),
    ("calendars/working_time.py", "WorkingTime._before", "!= Unit.WORKING_DAYS", UNTAKEN),
    ("calendars/working_time.py", "WorkingTime._before", "or True else same_clock", SLOWER),
    ("calendars/working_time.py", "WorkingTime._same_clock", "", SLOWER),
    ("calendars/working_time.py", "WorkingTime._sooner", "forwards=None", SAME + "None is no more true than False"),
    ("calendars/working_time.py", "WorkingTime._lay_out", "timeline = None", AT_ONCE),
    ("calendars/working_time.py", "WorkingTime._lay_out", "get(None)", AT_ONCE),
    ("calendars/working_time.py", "WorkingTime._lay_out", "timeline.years.stop <= years.stop", AT_ONCE),
    ("calendars/working_time.py", "WorkingTime._longer", "after - more", MORE),
    ("calendars/working_time.py", "WorkingTime._longer", "first + more", MORE),
    ("calendars/working_time.py", "WorkingTime.around", "last = None", ANEW),
    ("calendars/working_time.py", "WorkingTime.around", "last.begins < instant", ANEW),
    ("calendars/working_time.py", "WorkingTime._timeline_of", "last = None", ANEW),
    ("calendars/working_time.py", "WorkingTime._timeline_of", "get(None)", ANEW),
    ("calendars/working_time.py", "WorkingTime._timeline_of", "timeline = None", ANEW),
    ("calendars/working_time.py", "WorkingTime._lay_out", "_last_used = None", ANEW),
    ("calendars/working_time.py", "WorkingTime._latest", "A_DAY / (", HALVED),
    ("calendars/working_time.py", "WorkingTime._latest", "+ 2)", HALVED),
    ("calendars/working_time.py", "WorkingTime._latest", "due + A_DAY", HALVED),
    ("calendars/working_time.py", "WorkingTime._latest", "due + 2", HALVED),
    ("calendars/working_time.py", "WorkingTime._latest", ">= due", HALVED),
    ("calendars/working_time.py", "WorkingTime._latest", "step * 3", HALVED),
    (
        "calendars/working_time.py",
        "WorkingTime._latest",
        "(early + late) / 2",
        SAME + "a moment is rounded to whole microseconds",
    ),
    ("calendars/working_time.py", "WorkingTime._working_days", "if first < last", SAME + "in one interval lie no days"),
    (
        "calendars/working_time.py",
        "WorkingTime._calendar_days",
        "max(1,",
        SAME + "what ends that day is no day later",
    ),
    (
        "domain/checks/spelling.py",
        "meant",
        "(word in known) and False",
        SAME + "nothing resembles a name more than itself; it is only found later",
    ),
    ("domain/evolve.py", "evolve", "happened >= was.last", SAME + "two moments that are equal are one"),
    ("domain/drawing.py", "mermaid", "= True)", OURS + "Workflow.mermaid always says which"),
    ("domain/drawing.py", "mermaid", '[_way(move)] = ""', SAME + "only the keys of this table are used"),
    ("domain/drawing.py", "_main_ways_first", "enumerate(states, )", SAME + "only the order of the numbers counts"),
    ("domain/drawing.py", "_main_ways_first", "enumerate(states, 2)", SAME + "only the order of the numbers counts"),
    ("domain/drawing.py", "_main_ways_first", '{"": 1}', SAME + "START's arrows stand first already"),
    (
        "domain/corrections.py",
        "with_corrections",
        "named.version <=",
        SAME + "of a correction nothing can be corrected",
    ),
    ("domain/facts.py", "_FactType.__call__", "include_url=True", SAME + "what is told has no address in it"),
    ("calendars/hours.py", "opening_week", "strict=None", SAME + "there are seven of both"),
    ("calendars/hours.py", "opening_week", "hours, )", SAME + "there are seven of both"),
    ("calendars/hours.py", "_days_named", '["XXXX"]', SAME + "neither is a weekday"),
    ("calendars/hours.py", "_pair", "rpartition", SAME + "of two hyphens one is left over"),
    ("domain/clocks/rejudging.py", "judged_by", "Demand(None)", SAME + "no clock depends on the number of a demand"),
    ("domain/checks/samples.py", "variants", "strict=None", SAME + "there are as many names as values"),
    ("domain/checks/samples.py", "variants", "values, ))", SAME + "there are as many names as values"),
    ("domain/checks/samples.py", "variants", "strict=False", SAME + "there are as many names as values"),
    ("domain/checks/samples.py", "variants", "len(found) >= 1", SAME + "a field with one choice has its default there"),
    (
        "domain/checks/samples.py",
        "_is_accepted",
        "validate_python(value, )",
        SAME + "None is what strict is without it",
    ),
    ("calendars/spans.py", "Span.of", 'else "XXXX"', SAME + "what is not written so is refused, whatever the word"),
    ("calendars/spans.py", "_written", "rest / prime", SAME + "it divides without a rest"),
    ("calendars/spans.py", "_written", "rest > 2", SAME + "of twos nothing is left"),
    ("calendars/timeline.py", "Timeline.__init__", "instant_on(first, 1, zone)", SAME + "else it is found by its year"),
    ("calendars/timeline.py", "Timeline._append", "steady.append(None)", WALL),
    ("calendars/timeline.py", "Timeline._append", "closes + opens", WALL),
    ("calendars/timeline.py", "Timeline._append", "closing + opening", WALL),
    ("calendars/timeline.py", "Timeline.worked", "instant <= closes", SAME + "at the closing both are the closing"),
    ("calendars/timeline.py", "Timeline.clock", "midnight) / MICROSECOND", EXACT),
    ("calendars/timeline.py", "Timeline.clock", "closing[interval] + 1", SAME + "no clock shows more before a closing"),
    ("calendars/timeline.py", "Timeline.on", "clock < self.opening", SAME + "at its opening it opens"),
    ("calendars/timeline.py", "instant_of", " / MICROSECOND", EXACT),
    ("calendars/timeline.py", "instant_of", "(early + late) / 2", SAME + "a moment is rounded to whole microseconds"),
    ("calendars/timeline.py", "instant_of", "before > after", SAME + "where clocks run on, there is nothing to halve"),
    ("calendars/timeline.py", "instant_of", "<= shown", SAME + "what is skipped is never shown"),
    (
        "domain/clocks/changes.py",
        "_due",
        "run.due is not None) and False",
        SAME + "the last due moment that was known is that of one that is dated",
    ),
    ("domain/workflow.py", "Workflow.__post_init__", "advice), )", UPSET + "advice points to whoever built it"),
    ("domain/workflow.py", "Workflow.__post_init__", "stacklevel=4", UPSET + "advice points to whoever built it"),
    ("domain/workflow.py", "Workflow.states_for_contractors", "sources(move, None)", SAME + "these moves name theirs"),
)
"""File, function, a piece of the changed line (or nothing, for all in that function), and why."""


def why(mutant: Mutant) -> str:
    """Why nobody notices it; nothing where that was not looked into yet."""
    return _found(WHYS, mutant)


def _found(reasons: tuple[tuple[str, str, str, str], ...], mutant: Mutant) -> str:
    for file, where, piece, reason in reasons:
        if file in ("", mutant.file) and where in ("", mutant.where) and piece in mutant.lines[1]:
            return reason
    return ""


WORDS = "a word of an error; the tests of what a caller gives judge it"
DAMAGE = "what cannot be read, which histories have not; tests/unit/store judges it"
ALONE = "no history uses it; tests/unit/"
ENDLESS = "it never comes to an end, and the time was over first"
ARGS = "a word of an error: its args alone; what it says is kept beside them, in another process as well"
OWN_RULE = "the model asks a rule outside the rule book as it is; tests/unit/county judges it"
DECIDED = "the laws are given the workflow as it is; tests/unit/"
SILENT = "the words about a rule that does not speak; the rules of the laws do"
BEYOND_LAWS: tuple[tuple[str, str, str, str], ...] = (
    ("domain/workflow.py", "Workflow.objections", "Defect(", SILENT),
    ("domain/workflow.py", "Workflow.objections", "mend the rule", SILENT),
    ("domain/workflow.py", "Workflow.table", "", "a table for people to read; the tests of drawing judge it"),
    ("domain/workflow.py", "Workflow.mermaid", "", "a picture for people to look at; the tests of drawing judge it"),
    ("domain/workflow.py", "Workflow.__repr__", "", "how it is shown in a console"),
    ("domain/workflow.py", "PossibleMove.__str__", "", "how it is shown to people"),
    ("", "", "InvalidValue(", WORDS),
    ("", "", "each_of(", WORDS),
    ("application.py", "DemandFlow.open", "whole_number(", WORDS),
    ("errors.py", "DemandNotFound.__init__", "(demand, )", ARGS),
    ("errors.py", "", "__init__(", "how an error comes to another process; tests/unit/store judges it"),
    ("errors.py", "listed", "NONE", WORDS),
    (
        "domain/workflow.py",
        "Workflow.objections",
        "__name__",
        "a word of an error: what a rule without a name is called",
    ),
    (
        "projections/figures/figures.py",
        "Figures.__str__",
        "count(None)",
        "what a page says of figures; tests/unit/figures judges it",
    ),
    ("calendars/ends.py", "", "", "how a warning comes to another process; tests/unit/calendars judges it"),
    ("store/mapper.py", "_unknown", "", DAMAGE),
    ("store/settings.py", "check_log", "", "logs of other releases; tests/unit/store judges it"),
    ("projections/figures/definitions.py", "", "", "what a page says of a figure"),
    ("automation/lookup.py", "Lookup.remember", "or demand.contractor", ALONE + "policies judges it"),
    ("automation/agenda.py", "Agenda._forget_old_setups", "", ALONE + "policies judges it"),
    ("policies/standard.py", "", "", ALONE + "policies judges it"),
    ("domain/values.py", "_Path.of", "", ALONE + "domain judges it"),
    ("store/recorder.py", "RowRecorder.select_events", "", ALONE + "store judges it"),
    ("domain/standard/grades.py", "", "", "no workflow here has a scale of its own; tests/unit/domain has one"),
    ("store/following/sources.py", "", "", SAME + "it only says what a log can do"),
    ("recording/earlier.py", "EarlierStates.after", "maxlen", SAME + "only how much is kept"),
    ("projections/rebuilding.py", "Rebuilding.begin", "", SAME + "only in which order the log is read"),
    ("projections/figures/changes.py", "_difference", "strict", SAME + "both have as many parts"),
    ("projections/figures/changes.py", "_difference", ", ) if word", SAME + "both have as many parts"),
    ("automation/reactions.py", "Reactions.notices", "after", SAME + "the first event is no notice"),
    ("automation/deliveries.py", "Deliveries.heal", "_cursor(None)", SAME + "any hook looks up where an event is"),
    ("automation/deliveries.py", "Deliveries.heal", "_lease", SAME + "a lease that is over is nobody's"),
    ("store/tables/schemas.py", "beside", "", SAME + "the word stands there once"),
    ("projections/projector.py", "Projector.catch_up", "", ENDLESS),
    ("store/sqlite/writer.py", "Writer._insert", "execute(None)", ALONE + "interruptions judges it"),
    ("store/row_watch.py", "RowWatch._check_new", "without(None", ALONE + "store judges it"),
    (
        "store/sqlite/recorder.py",
        "SQLiteRecorder.select_notifications",
        "Notification(version",
        ALONE + "figures judges it",
    ),
    ("projections/board/pages.py", "Search._group", "values = None", ALONE + "figures judges it"),
    ("domain/values.py", "_Path.level", "and depth", ALONE + "domain judges it"),
    ("domain/county/grid/directory.py", "Directory.comparable", "kind, None)", ALONE + "county judges it"),
    ("inputs/plain.py", "frozen_mapping", "value, lambda", ALONE + "county judges it"),
    (
        "domain/standard/closed_loop.py",
        "closed_loop",
        "(callback_hours is None) and False",
        ALONE + "workflows judges it",
    ),
    ("domain/standard/closed_loop.py", "closed_loop", "XXcontract_outXX", DECIDED + "recording judges it"),
    ("domain/county/services/forms.py", "_is_type", "_are_names(None)", OWN_RULE),
    ("recording/demands.py", "Demands.learn", "> LONG", SAME + "only how much is kept"),
    ("recording/earlier.py", "Earlier.changed", "and False", SAME + "only that what is kept is read anew"),
    ("store/log.py", "Log.events", "and False", SAME + "only that it is looked for gaps where there are none"),
    ("projections/ledger.py", "_numbers", "len(wanted), )", SAME + "only how often numbers are looked up"),
    ("domain/county/grid/directory_rules.py", "joined_places_are_alike", "strict", SAME + "there are as many of both"),
    ("projections/rebuilding.py", "Rebuilding.__init__", 'anew", )', ENDLESS),
    ("domain/clocks/rejudging.py", "judged_by", "as_if(", ALONE + "analysis judges it"),
    ("store/postgres/listening.py", "Listener.wait", "notifies(", ALONE + "postgres judges it"),
    ("store/mapper.py", "FactMapper.to_domain_event", "", ALONE + "store judges it"),
    ("recording/earlier.py", "Earlier.after", "state = None", SAME + "only that what is kept is read anew"),
    ("policies/setup.py", "setup_of", "[:33]", SAME + "only how long the digest is"),
    ("projections/board/paths.py", "paths", "in (EQUAL, RANGE)", SAME + "only by which index rows are found"),
    ("store/statements.py", "streamed", "getattr(", SAME + "only how many rows are in memory at a time"),
    ("domain/values.py", "Actor.__replace__", "XXroleXX", ALONE + "domain judges it"),
    ("domain/county/grid/directory_rules.py", "each_is_named_once", '"MOVES"', "seldom; tests/unit/county judges it"),
    ("projections/figures/point_in_time.py", "_first_events", "(demand, )", "seldom; tests/unit/store judges it"),
    ("domain/county/people/teams.py", "it_was_done_by_the_team", "or True", "seldom; tests/unit/county judges it"),
    ("domain/standard/clocks.py", "standard_clocks", '"ACCEPT"', DECIDED + "domain judges it"),
    ("projections/projector.py", "Projector.rebuild", 'progress", None', WORDS),
    ("policies/similarity.py", "_alike", "not second and", SAME + "what has too little in common is compared in full"),
    ("store/row_watch.py", "RowWatch._check_new", "None, event.demand", ALONE + "store judges it"),
    ("policies/setup.py", "described", "described(None)", "a history keeps its numbers; tests/unit/policies judges it"),
    ("recording/handling.py", "CommandHandler.start", "upto=2", ALONE + "recording judges it"),
    ("policies/callbacks.py", "CallBacks.__post_init__", '"AFTER"', SAME + "a span is read as itself"),
    ("inputs/tables.py", "_described", "get(None)", WORDS),
    ("inputs/tables.py", "_sentence", '"XXXX"', WORDS),
    ("store/recorder.py", "_hex", "and False", ALONE + "store judges it"),
    ("store/sqlite/writer.py", "Writer.append", "if self._ready", "only after a power cut; tests/unit/store judges it"),
    ("domain/county/services/forms.py", "form_text", '"XXformXX"', OURS + "the field is named instead"),
    ("domain/county/services/forms.py", "_wrong", '("then", "else"', OWN_RULE),
    ("automation/agenda.py", "Agenda.acknowledge", "len(lines), )", SAME + "only how often the same lines are cleared"),
    ("automation/deliveries.py", "_text", '"XXXX"', SAME + "there is always a moment"),
    ("projections/board/indexes.py", "Index.groups", "in alike", SAME + "only by which index rows are found"),
    ("inputs/documents.py", "_json", "ensure_ascii=None", NO_MORE),
    (
        "projections/board/rows.py",
        "_row",
        "(demand.since is None) and False",
        "seldom: of a demand whose first event is missing",
    ),
    ("store/sqlite/tables.py", "SQLiteTables.__init__", '":memory:", check', ALONE + "store judges it"),
    ("store/sqlite/files.py", "file_of", "(isinstance(error, OSError)) and False", WORDS),
    ("store/postgres/listening.py", "Listener.wait", "max(None", ALONE + "postgres judges it"),
    ("domain/workflow.py", "Workflow.__post_init__", "stacklevel=None", DECIDED + "workflows judges it"),
    ("domain/standard/closed_loop.py", "closed_loop", "rules=EVALUATING),", DECIDED + "workflows judges it"),
    ("domain/values.py", "Word.__get_pydantic_core_schema__", "is not STORED", BUILT_BEFORE + "domain judges it"),
    ("recording/earlier.py", "Earlier.done", "HistoryIncomplete(None)", ALONE + "recording judges it"),
    ("domain/county/services/forms.py", "_about", "(word in WITH_FORMS) or True", OWN_RULE),
)
"""What no law can know: the same, for those that the laws alone let pass."""


def why_no_law(mutant: Mutant) -> str:
    """Why no law can notice it, though a test may."""
    return why(mutant) or _found(BEYOND_LAWS, mutant)


DECLARED = "the model takes the clocks as they are declared; tests/unit/domain/test_clocks.py notices"
SELDOM: dict[str, tuple[str, ...]] = {
    "rules/test_objections.py": (
        "an extension may name an earlier moment than the agreed one",
        "the clerk who told the outcome confirms a correction of what the resident said",
        "who shares a demand may withdraw it",
    ),
    "figures/test_board.py": ("a work list has what is in a state of its role under any workflow",),
    "figures/test_board_pages.py": (
        "a contractor's rows sorted downwards begin with those that have no value",
        "pages of what a contractor leads or helps with lose rows when sorted by the lead",
    ),
    "domain/test_moving.py": ("migrating all moves a page of the board and leaves the rest",),
    "rules/test_separations.py": ("the unit of the auditor may be given the work",),
    "figures/test_projector.py": (
        "the first event of a demand after the zone was changed moves a due day that was never there",
        "after the zone has changed old standings are booked out of the days of the old one",
        "after a change of the zone, open demands are still due on the days of the zone before",
    ),
    "figures/test_past.py": (
        "the board of a past day has the contractor as it was before the correction",
        "what happened to the closed elsewhere is left out of a window by closing",
        "what happened elsewhere before a demand moved and was closed is lost in a month of closing",
    ),
    "figures/test_overdue_then.py": ("what is overdue counts by the day of its receipt in UTC",),
    "importing/test_importing.py": (
        "what a batch takes back of a demand takes along what the batch had for it before",
    ),
    "policies/test_lookup.py": ("an earlier repeat is not seen where a newer demand was looked at first",),
}
"""By the test that notices them, faults that no history has shown yet: what they need comes together too seldom."""
SINCE = (
    "what is overdue can be extended to a moment that is past",
    "a correction may give a grade that is not in the scale",
    "who has the log open does not notice that somebody else changed its zone",
    "a rebuild of a longer log loses the last events of the demand at the end of a page",
    "the figures do not know the clocks of a workflow that is no longer opened",
)
"""Faults that no law noticed when they were new; the kit was mended since."""
WHY_NOT: dict[str, str] = {
    "who is given recalled work has what the one before left of the time": DECLARED,
    "asking the resident for details ends the clock of the work instead of pausing it": DECLARED,
    "reminders go on by the steps of before, after the community changed them": (
        "a history keeps its policies; tests/unit/policies/test_running.py notices"
    ),
    **{name: f"seldom; tests/unit/{test} notices" for test, names in SELDOM.items() for name in names},
    **dict.fromkeys(SINCE, "noticed since the kit was mended"),
}
"""By its name, why no law notices a planted fault."""
