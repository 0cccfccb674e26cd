"""What the tests beside this file say of the same workflow with one rule forgotten."""

from __future__ import annotations

from street_party import WITHOUT_THE_RULE, nobody_decides_on_their_own_party

from demandflow.testing import LawBroken, check


def main() -> str:
    """The report."""
    try:
        check(WITHOUT_THE_RULE, rules={"decide": nobody_decides_on_their_own_party}, max_examples=1000)
    except LawBroken as broken:
        return str(broken)
    return "no law was broken"


if __name__ == "__main__":
    print(main())
