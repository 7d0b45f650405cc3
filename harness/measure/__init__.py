"""Measuring: find the contenders, plan the rounds, run each trial in a process of its own."""
