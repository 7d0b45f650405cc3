"""The other side of the wire: an image server that answers from prepared bytes and witnesses what it saw.

A process of its own; nothing here knows the harness, and the harness speaks to it over HTTP alone.
"""
