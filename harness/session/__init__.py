"""What commands share: options, locks and consoles, the sides of a comparison, and the driver of a run."""
