"""One file per command: its options, and the wiring of the floors that it needs. Only these files write derived files."""
