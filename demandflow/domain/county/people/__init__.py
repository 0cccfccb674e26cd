"""People: volunteers, teams, activities, requests, commitments, and reports to home organisations."""
