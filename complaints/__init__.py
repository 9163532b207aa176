"""Complaints and service requests with their clocks (articles 20 and 21)."""
