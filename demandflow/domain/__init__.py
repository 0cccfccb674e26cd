"""What a community does, in its own words: values, facts, demands, workflows, rules. Knows nothing below it."""
