"""Why some mutants are noticed by nobody, and need not be: by where they are and what the changed line then says."""

from __future__ import annotations

from tests.mutation.mutated import Mutant

SAME = "the same: "
OURS = "no caller can tell: "
UPSET = "noticed by a test that is left out, for mutmut calls once more: "

SLOWER = SAME + "what is not found at once is found by halving"
UNTAKEN = SAME + "what is found at once is taken only if add confirms it"
AT_ONCE = SAME + "only who lays it out if two threads want it at once"
MORE = SAME + "only how many years are laid out beforehand"
EXACT = SAME + "so many microseconds are a float exactly"
ANEW = SAME + "only what is laid out anew instead of kept"
WALL = SAME + "the clock on the wall is asked where it need not be"
HALVED = SAME + "only how many steps the halving takes"

WHYS: tuple[tuple[str, str, str, str], ...] = (
    (
        "domain/checks/bounds.py",
        "odd_answers",
        "if (move.when) or True else ()",
        SAME + "what is no function cannot be asked, and answers nothing",
    ),
    ("calendars/calendar.py", "Calendar.add", "type(None) is not Span", SAME + "a span is read as itself"),
    ("calendars/calendar.py", "Calendar.between", "began < ended", SAME + "nothing lies between a moment and itself"),
    ("calendars/calendar.py", "Calendar.before", "> KEPT", SAME + "only how many answers are kept"),
    ("calendars/calendar.py", "Calendar._before", "direct = None", SLOWER),
    ("calendars/calendar.py", "Calendar._before", "and False else None", SLOWER),
    ("calendars/calendar.py", "Calendar._before", "or True else None", UNTAKEN),
    ("calendars/calendar.py", "Calendar._before", "!= Unit.WORKING_DAYS", UNTAKEN),
    ("calendars/calendar.py", "Calendar._before", "or True else direct", SLOWER),
    ("calendars/calendar.py", "Calendar._same_clock", "", SLOWER),
    ("calendars/calendar.py", "Calendar._sooner", "forwards=None", SAME + "None is no more true than False"),
    ("calendars/calendar.py", "Calendar._longer", "kept = None", AT_ONCE),
    ("calendars/calendar.py", "Calendar._longer", "get(None)", AT_ONCE),
    ("calendars/calendar.py", "Calendar._longer", "kept is None and", AT_ONCE),
    ("calendars/calendar.py", "Calendar._longer", "kept.years[0] != first", AT_ONCE),
    ("calendars/calendar.py", "Calendar._longer", "last <= edge + step - 1", MORE),
    ("calendars/calendar.py", "Calendar._longer", "last < edge + step + 1", MORE),
    ("calendars/calendar.py", "Calendar._longer", "first >= edge - step + 1", MORE),
    ("calendars/calendar.py", "Calendar._longer", "first > edge - step - 1", MORE),
    ("calendars/calendar.py", "Calendar._around", "last = None", ANEW),
    ("calendars/calendar.py", "Calendar._around", "get(None)", ANEW),
    ("calendars/calendar.py", "Calendar._around", "get(1)", ANEW),
    ("calendars/calendar.py", "Calendar._around", "last.begins < ticks", ANEW),
    ("calendars/calendar.py", "Calendar._of", "year >= kept", SAME + "the last year is among them"),
    ("calendars/calendar.py", "Calendar._of", "last = None", ANEW),
    ("calendars/calendar.py", "Calendar._of", "get(None)", ANEW),
    ("calendars/calendar.py", "Calendar._of", "get(1)", ANEW),
    ("calendars/calendar.py", "Calendar._of", "kept = None", ANEW),
    ("calendars/calendar.py", "Calendar._keep", "_stretches[0] = None", ANEW),
    ("calendars/calendar.py", "Calendar._keep", "_stretches[1] = stretch", ANEW),
    ("calendars/calendar.py", "Calendar._latest", "A_DAY / (", HALVED),
    ("calendars/calendar.py", "Calendar._latest", "+ 2)", HALVED),
    ("calendars/calendar.py", "Calendar._latest", "ticks + step", HALVED),
    ("calendars/calendar.py", "Calendar._latest", "ticks + 2", HALVED),
    ("calendars/calendar.py", "Calendar._latest", ">= due", HALVED),
    ("calendars/calendar.py", "Calendar._latest", "step * 3", HALVED),
    (
        "calendars/calendar.py",
        "Calendar._latest",
        "(early + late) / 2",
        SAME + "a moment is rounded to whole microseconds",
    ),
    ("calendars/calendar.py", "Calendar._working_days", "interval >= last", SAME + "in one interval lie no days"),
    ("calendars/calendar.py", "Calendar._days_later", "EPOCH) / TICK", EXACT),
    ("calendars/calendar.py", "Calendar._days_later", "astimezone(None)", SAME + "a moment is the same in every zone"),
    ("calendars/calendar.py", "Calendar._calendar_days", "max(1,", SAME + "what ends on its date is no day later"),
    (
        "domain/checks/defects.py",
        "_meant",
        "(name in names) and False",
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
    ("calendars/hours.py", "opening_week", "said, )", SAME + "there are seven of both"),
    ("calendars/hours.py", "_days_named", '["XXXX"]', SAME + "neither is a weekday"),
    ("calendars/hours.py", "_pair", "rpartition", SAME + "of two hyphens one is left over"),
    (
        "domain/versions/migration.py",
        "reasons_not_to_move",
        'ended_as or "XX',
        SAME + "it is open and meets an end here",
    ),
    (
        "domain/versions/migration.py",
        "reasons_not_to_move",
        'ended_as or "OPEN"',
        SAME + "it is open and meets an end here",
    ),
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
    ("calendars/timeline.py", "Stretch.__init__", "instant(first, 1, zone)", SAME + "else it is found by its year"),
    ("calendars/timeline.py", "Stretch._append", "steady.append(None)", WALL),
    ("calendars/timeline.py", "Stretch._append", "closes + opens", WALL),
    ("calendars/timeline.py", "Stretch._append", "closing + opening", WALL),
    ("calendars/timeline.py", "Stretch.worked", "ticks <= closes", SAME + "at the closing both are the closing"),
    ("calendars/timeline.py", "Stretch.clock", "midnight) / TICK", EXACT),
    ("calendars/timeline.py", "Stretch.clock", "closing[interval] + 1", SAME + "no clock shows more before a closing"),
    ("calendars/timeline.py", "Stretch.on", "clock < self.opening", SAME + "at its opening it opens"),
    ("calendars/timeline.py", "instant", " / TICK", EXACT),
    ("calendars/timeline.py", "instant", "(early + late) / 2", SAME + "a moment is rounded to whole microseconds"),
    ("calendars/timeline.py", "instant", "before > after", SAME + "where clocks run on, there is nothing to halve"),
    ("calendars/timeline.py", "instant", "<= wall", SAME + "what is skipped is never shown"),
    (
        "domain/clocks/changes.py",
        "_going_on",
        "due = None",
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
        if (file, where) == (mutant.file, mutant.where) and piece in mutant.lines[1]:
            return reason
    return ""


SILENT = "the words about a rule that does not speak; the rules of the laws do"
BEYOND_LAWS: tuple[tuple[str, str, str, str], ...] = (
    ("domain/workflow.py", "Workflow.objections", "Defect(", SILENT),
    ("domain/workflow.py", "Workflow.objections", "mend the rule", SILENT),
    ("domain/workflow.py", "Workflow.table", "", "a table for people to read; the tests of drawing judge it"),
    ("domain/workflow.py", "Workflow.mermaid", "", "a picture for people to look at; the tests of drawing judge it"),
    ("domain/workflow.py", "Workflow.__repr__", "", "how it is shown in a console"),
    ("domain/workflow.py", "PossibleMove.__str__", "", "how it is shown to people"),
)
"""What no law can know: the same, for those that the laws alone let pass."""


def why_no_law(mutant: Mutant) -> str:
    """Why no law can notice it, though a test may."""
    return why(mutant) or _found(BEYOND_LAWS, mutant)
