"""Let plugins in: what they register, how they are loaded, and the Context that their handlers get."""
