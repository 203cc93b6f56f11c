"""Be LINE as a test sees it: over real HTTP, by LINE's rules."""
