"""Drawing histories by lot: what is done next, and what is asked."""
