"""Changes of complaints and service requests, one module a concept."""
