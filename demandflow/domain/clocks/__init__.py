"""The deadlines of states: declared as clocks, stamped with each event, folded, and judged again by other clocks."""
