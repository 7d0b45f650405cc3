"""Lessons: small programs that do what an article claims and say what happened on this machine.

A lesson is one file in ``benchmarks/lessons/``. It is found, not listed, and imports nothing of ours:

* the first line of its docstring: its title
* ``CLAIM``: a statement that could turn out false; ``ADVICE``: what to write instead
* ``PYTHON`` (optional): how the claim differs from one version of Python to another
* ``def observe() -> (held, happened, figures)``: does the thing, once. ``held`` is whether the claim held,
  ``happened`` one sentence with the number in it, ``figures`` names and numbers in base units (``_s``).
  If it has the parameter ``urls`` it gets a list of image URLs, each answered 50 ms after it was asked for.

The texts are plain strings, read without running the file. ``observe`` is run in a fresh process by the
interpreter that is asked about, so a lesson may break its loop, fill its executor or leave warnings behind.
A claim that does not hold is a result ("does not hold here"), not an error; a lesson that breaks is
"not observed", with the reason.
"""
