"""The instrument measured, and proved on known truths; each module is a program: ``python -m harness.calibration.NAME``."""
