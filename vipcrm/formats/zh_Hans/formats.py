"""Days and numbers in simplified Chinese; what is not here, Django's formats say."""

# Django groups nothing in Chinese; offices write 1,234,567.
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3

# Django writes the month with a leading zero here, and only here.
MONTH_DAY_FORMAT = "n月j日"

# Django's own forms of 2026年11月23日 cannot be read back.
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"]
DATETIME_INPUT_FORMATS = [
    f"{day} {time}" for day in DATE_INPUT_FORMATS for time in ("%H:%M:%S", "%H:%M")
]
