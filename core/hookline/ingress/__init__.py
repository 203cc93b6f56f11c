"""Let webhooks in: guard → bot → verify → parse → accept → 200. No handler, no network, no classifier here."""
