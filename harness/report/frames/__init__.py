"""Records in, tidy frames out: what tables, charts, pages and CSVs are made from. Nothing here draws."""
