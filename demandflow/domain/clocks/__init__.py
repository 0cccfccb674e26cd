"""The deadlines that states carry: declared, stamped with each event, folded, and judged again."""
