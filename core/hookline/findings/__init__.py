"""Say what is wrong with what a person wrote: where, why, what to do; no secret is shown."""
