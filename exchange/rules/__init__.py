"""Pure rules of data in and out: headings, values, whole rows, what a spreadsheet may hold."""
