"""Speak Discord: ``adapter: discord``."""
