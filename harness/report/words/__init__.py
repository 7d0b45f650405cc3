"""Frames in, text for people out: units and digits, sentences, titles, and the columns of the ranked table."""
