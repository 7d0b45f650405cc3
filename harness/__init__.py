"""How downloads are measured and judged; it knows no contender by name."""
