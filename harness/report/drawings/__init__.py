"""Drawings: a tidy frame in, a figure out; one file per kind of chart. Nothing here computes a statistic."""
