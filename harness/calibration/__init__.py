"""The instrument measured, and proved on known truths, by programs: ``python -m harness.calibration NAME``."""
