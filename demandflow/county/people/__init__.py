"""Who can serve a need, and what is on when."""
