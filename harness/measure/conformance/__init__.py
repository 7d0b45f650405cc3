"""What clients do with each fault, models with one bad image, and programs under a limit of their machine.

Nothing is timed or ranked here: each is done a few times, in a process of its own, and what was seen is named.
"""
