"""Print, ask, draw a bar, talk: what a terminal can."""
