"""Log lines without phone numbers."""

import logging
import re

# A Chinese mobile number, alone or behind +86, not inside a longer row of digits.
_MOBILE = re.compile(r"(?<!\d)((?:\+?86[- ]?)?1[3-9]\d)(\d{4})(\d{4})(?!\d)")


def mask_mobiles(text: str) -> str:
    """The text with the middle four digits of each mobile number starred."""
    return _MOBILE.sub(r"\1****\3", text)


class MaskingFormatter(logging.Formatter):
    """Masks the finished line, so that arguments and tracebacks are covered as well."""

    def format(self, record: logging.LogRecord) -> str:
        """The formatted record without whole mobile numbers."""
        return mask_mobiles(super().format(record))
