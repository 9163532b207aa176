"""Retention as the API shows and takes it, one module a concept."""
