"""Be one running process: build all of it, own all of it, close all of it."""
