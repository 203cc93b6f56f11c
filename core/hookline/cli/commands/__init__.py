"""Hold one file for each ``hookline COMMAND``, and nothing else."""
