"""`make bench`: how fast the build is, what a day of sessions costs, and what the rules cost."""
