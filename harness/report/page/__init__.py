"""The page: its builder, and the template, style and script that it is made from."""
