"""Read text as data, each part with its place; this room knows no bot."""
