"""What clients, models and programs did with faults, as CSV, Markdown and a page. Records in, bytes out."""
