"""Real servers, simulated collectors and replayed clients: what tests and demonstrations run against."""
