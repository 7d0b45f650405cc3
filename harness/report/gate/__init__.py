"""What a gate tells, to people and to programs: one module per output, a record in and text out; no file is opened here."""
