"""Keep everything durable: inbox, outbox, conversations, plugin state, dead letters. SQL never leaves this room."""
