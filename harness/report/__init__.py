"""Showing: records in, text or bytes out. Only the command line opens files."""
