"""Say how well intents are told apart."""
