"""Keep what is remembered between events."""
