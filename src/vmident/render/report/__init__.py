"""The report of an inventory: text and JSON, Markdown, SARIF, a graph, and a page."""
