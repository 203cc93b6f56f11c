"""Say what a text means: the intents of a bot, learned from examples or written out as sentences."""
