"""Servers that are not ours: asked gently, one request at a time, and never witnessed."""
