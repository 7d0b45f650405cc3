"""Environments to compare: a text becomes a side, a side becomes an interpreter and a folder of contenders.

Nothing is measured or judged here, and no contender is imported.
"""
