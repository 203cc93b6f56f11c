"""Be the processes of a host: one that supervises, others that serve."""
