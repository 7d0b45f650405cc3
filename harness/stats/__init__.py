"""Judging: pure functions from records to records. No files, no clock, no printing."""
