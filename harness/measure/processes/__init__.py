"""Processes: started in a clean environment, spoken to over pipes, and looked at from outside."""
