"""Why some mutants are noticed by nobody, and need not be: by where they are and what the changed line then says."""

from __future__ import annotations

from tests.mutated import Mutant

SAME = "the same: "
OURS = "no caller can tell: "
UPSET = "noticed by a test that is left out, for mutmut calls once more: "

WHYS: tuple[tuple[str, str, str, str], ...] = (
    (
        "domain/bounds.py",
        "odd_answers",
        "if (move.when) or True else ()",
        SAME + "what is no function cannot be asked, and answers nothing",
    ),
    (
        "domain/defects.py",
        "_meant",
        "(name in names) and False",
        SAME + "nothing resembles a name more than itself; it is only found later",
    ),
    ("domain/demand.py", "evolve", "happened >= before.last", SAME + "two moments that are equal are one"),
    ("domain/demand.py", "_apply_fact", "type(None) not in _OURS", SAME + "a fact of ours has no field of its own"),
    ("domain/demand.py", "_apply_correction", "named < len", SAME + "the event named would be the correction itself"),
    ("domain/drawing.py", "mermaid", "= True)", OURS + "Workflow.mermaid always says which"),
    ("domain/drawing.py", "mermaid", '[_way(move)] = ""', SAME + "only the keys of this table are used"),
    ("domain/drawing.py", "_main_ways_first", "enumerate(states, )", SAME + "only the order of the numbers counts"),
    ("domain/drawing.py", "_main_ways_first", "enumerate(states, 2)", SAME + "only the order of the numbers counts"),
    ("domain/drawing.py", "_main_ways_first", '{"": 1}', SAME + "START's arrows stand first already"),
    ("domain/events.py", "with_corrections", "named.version <=", SAME + "of a correction nothing can be corrected"),
    ("domain/facts.py", "_FactType.__call__", "include_url=True", SAME + "what is told has no address in it"),
    (
        "domain/moving.py",
        "reasons_not_to_move",
        'ended_as or "XX',
        SAME + "it is open and meets an end here",
    ),
    ("domain/moving.py", "reasons_not_to_move", 'ended_as or "OPEN"', SAME + "it is open and meets an end here"),
    ("domain/samples.py", "variants", "strict=None", SAME + "there are as many names as values"),
    ("domain/samples.py", "variants", "values, ))", SAME + "there are as many names as values"),
    ("domain/samples.py", "variants", "strict=False", SAME + "there are as many names as values"),
    ("domain/samples.py", "variants", "len(found) >= 1", SAME + "a field with one choice has its default there"),
    ("domain/samples.py", "_is_accepted", "validate_python(value, )", SAME + "None is what strict is without it"),
    ("domain/values.py", "Actor.__post_init__", "break", SAME + "the unit is the last of the three"),
    ("domain/values.py", "Actor.__post_init__", "type(None) is not str", SAME + "what is ASCII is composed already"),
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


BEYOND_LAWS: tuple[tuple[str, str, str, str], ...] = (
    ("domain/admission.py", "admit", "Defect(", "the words about a rule that does not speak; the rules of the laws do"),
    (
        "domain/admission.py",
        "admit",
        "mend the rule",
        "the words about a rule that does not speak; those of the laws do",
    ),
    ("domain/workflow.py", "Workflow.table", "", "a table for people to read; the tests of drawing judge it"),
    ("domain/workflow.py", "Workflow.mermaid", "", "a picture for people to look at; the tests of drawing judge it"),
    ("domain/workflow.py", "Workflow.__repr__", "", "how it is shown in a console"),
    ("domain/workflow.py", "PossibleMove.__str__", "", "how it is shown to people"),
)
"""What no law can know: the same, for those that the laws alone let pass."""


def why_no_law(mutant: Mutant) -> str:
    """Why no law can notice it, though a test may."""
    return why(mutant) or _found(BEYOND_LAWS, mutant)
