"""Whatever comes in by any public door, what comes out is an answer or one of our own errors."""
