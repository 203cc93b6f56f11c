"""Keep requests that a front has answered and a worker has still to take in."""
