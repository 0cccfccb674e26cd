"""The whole county: its kinds of streams that are no demands, and its workflows. Pure, like all of the domain."""
