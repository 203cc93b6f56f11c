"""Speak Slack: ``adapter: slack``."""
