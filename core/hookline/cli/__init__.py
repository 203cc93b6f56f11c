"""Open people's door in the terminal: ``hookline COMMAND``."""
