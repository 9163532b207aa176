"""Reading workbooks of every kind, in a process of its own that imports nothing else of ours."""
