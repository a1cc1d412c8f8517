"""The report of an estate: text and JSON, Markdown, SARIF, a graph, and a page."""
