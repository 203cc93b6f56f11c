"""Choose who answers: text normalisation, matchers, the router and its explanation."""
