"""What can be wrong with a workflow, found when it is built."""
