"""Make of what a route says a Route, or every mistake with its place."""
