"""Speak with platforms: the :class:`~hookline.adapters.adapter.Adapter` protocol and the built-in LINE."""
