"""The rules of plans, logs and inspections: plain values in and out."""
