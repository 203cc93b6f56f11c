"""Turn bot.yaml into a checked configuration, or into every mistake in it with its place."""
