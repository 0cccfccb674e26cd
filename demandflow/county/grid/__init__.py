"""What is asked about the grid: who is responsible, what was walked."""
