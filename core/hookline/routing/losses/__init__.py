"""Find which routes can never win; asked at `check`, never for an event."""
