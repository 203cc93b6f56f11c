"""Find what a text mentions: values of a list, numbers, days, times of day."""
