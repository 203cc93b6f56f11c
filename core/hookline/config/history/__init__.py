"""Know where configuration comes from as it changes, and the versions that were good."""
