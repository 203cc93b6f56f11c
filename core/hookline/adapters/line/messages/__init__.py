"""Know what LINE refuses in message objects."""
