"""Keep what people send: under which names, and in which folders."""
