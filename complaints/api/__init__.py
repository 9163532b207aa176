"""Endpoints of complaints, one module a concept."""
