"""Hold bots as they run: one, all of them, and what of them is switched off."""
