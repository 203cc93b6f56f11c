"""Hear whatever posts signed webhooks: ``adapter: webhook``."""
