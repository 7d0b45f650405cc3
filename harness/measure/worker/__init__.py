"""What runs inside the measured process: the standard library only, and the one variant under test.

It is started by ``harness.measure.processes.launch`` with any Python and imports nothing else of the harness. It never
decides anything: each command on its standard input is one step, each answer one line of JSON.
"""
