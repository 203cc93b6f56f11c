"""Work events off: lease → route → run → one transaction, each conversation in order, all side by side."""
