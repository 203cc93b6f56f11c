"""Know which lanes are this process's, and keep them."""
