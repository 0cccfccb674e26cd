"""The rest of the county: what is a demand of another kind, and what is a stream of its own. Pure."""
