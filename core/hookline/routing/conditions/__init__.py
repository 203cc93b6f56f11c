"""Say whether this is the moment, the place and the person."""
