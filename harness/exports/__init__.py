"""A run in the formats of other programs: a ledger in, file name -> bytes out; no file is opened here.

A format that holds a sample gets the trial values (seconds per image), and its program computes what it wants of them; one
that holds a single number gets the geometric mean and interval of ``summary.csv``. Failed cells have no speed anywhere.
"""
