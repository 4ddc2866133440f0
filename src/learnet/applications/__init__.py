"""Use cases: small products built from the networks and the training engine that are there."""
