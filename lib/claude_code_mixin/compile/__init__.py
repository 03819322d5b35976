"""Content to files: pure functions from a loaded mixin to {path: text}. Nothing here reads or writes."""
