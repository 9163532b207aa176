"""The rules of complaints as pure functions (articles 20 and 21)."""
