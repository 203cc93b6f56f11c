"""Say what there is and what happened, for a terminal and for a page alike; nothing here prints."""
