"""The rules of retention, one module a concept: plain values in and out."""

from retention.rules.features import Feature, Operator

__all__ = ["Feature", "Operator"]
