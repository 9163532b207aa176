"""The moment at which these tests happen."""

from tests.pages import frozen

__all__ = ["frozen"]
