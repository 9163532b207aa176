"""Small inputs that once came out wrong, from the reports of people who do this job.

The files lie in `tests/data/cases/`; a case that is a way of working has its steps in its test.
"""

from __future__ import annotations

# --- Files: which sheet, which cells, which kind of file ---------------------------------------


# --- Files: headings, columns, what an import makes --------------------------------------------


# --- Numbers: calls, search --------------------------------------------------------------------


# --- Pages -------------------------------------------------------------------------------------


# --- API, complaints, feeds --------------------------------------------------------------------
