"""Make of what files say of a bot the bot, with all it shares; say what works but hardly as meant."""
