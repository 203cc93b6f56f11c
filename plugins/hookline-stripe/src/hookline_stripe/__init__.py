"""Hear Stripe: ``adapter: stripe``."""
