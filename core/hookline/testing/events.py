"""Build webhook events as LINE sends them."""

from __future__ import annotations

from ..adapters.line.simulated.events import event, event_id, group_id, message_id, source, text_message, user_id

__all__ = ["event", "event_id", "group_id", "message_id", "source", "text_message", "user_id"]
