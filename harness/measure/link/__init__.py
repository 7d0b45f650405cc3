"""A real line on one machine: two network namespaces of ours with kernel TCP in each, and delay, rates and loss between.

``line`` is what the harness uses; ``__main__`` is the process that holds a line, and all else runs inside of it. Nothing
here touches the host's own network, and nothing is left behind: what was made goes when its last process ends.
"""
