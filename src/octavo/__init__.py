"""octavo."""
