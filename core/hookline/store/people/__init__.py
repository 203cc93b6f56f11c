"""Answer what a person asks afterwards: what happened, what was given up."""
