"""Say which keys there are and what they take; the editors' schema is made from here."""
