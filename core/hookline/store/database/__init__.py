"""Run a transaction on SQLite and on PostgreSQL alike; hold the tables."""
