"""Read models computed from events: the board, the totals and the ledger, and the figures asked of them."""
