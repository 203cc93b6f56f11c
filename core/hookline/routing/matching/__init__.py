"""Say whether a text fits."""
