"""The audit report: the document that a lead would have written by hand after a week.

`document` makes it from the outcome of a run, as sections with text, tables and findings; `markdown` and `html` give
it a form; what it says stands in `en.toml` and `zh.toml`.
"""
