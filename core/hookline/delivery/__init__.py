"""Send what handlers and routes left in the outbox: in order, retried, by reply or by push."""
