"""Migrate a store, one Alembic revision a file in ``versions``; expand first, contract a version later."""
