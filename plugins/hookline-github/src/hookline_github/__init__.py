"""Speak GitHub: ``adapter: github``."""
