"""Log lines without phone numbers."""

import logging

from core.phones import mask_phones_in


class MaskingFormatter(logging.Formatter):
    """Masks the finished line, so that arguments and tracebacks are covered as well."""

    def format(self, record: logging.LogRecord) -> str:
        """The formatted record without whole phone numbers of people."""
        return mask_phones_in(super().format(record))
