"""Who is about to leave, why, and what we did (articles 1, 17, 18 and 19)."""
