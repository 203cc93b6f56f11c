"""Let commands ask a running host to change something: a local socket beside the SQLite file, for its owner alone."""
