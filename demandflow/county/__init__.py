"""The whole county: what is asked over its streams and demands."""
