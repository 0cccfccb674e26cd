"""The whole county: workflows of demands of another kind, and kinds of streams that are no demands."""
