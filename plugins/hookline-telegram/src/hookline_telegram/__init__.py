"""Speak Telegram: ``adapter: telegram``."""
