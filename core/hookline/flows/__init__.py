"""Hold dialogs of several steps: what is to be known, what is known, and what each event changes; pure rules."""
