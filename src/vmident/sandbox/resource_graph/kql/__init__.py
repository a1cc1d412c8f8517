"""The part of the Kusto Query Language (KQL) that Resource Graph queries use: text in, table out.

Pure: tables and the current time come in as arguments. `tokens` reads words, `parser` and `expression_parser` build the
`syntax` tree, `expressions` and `operators` evaluate it.
"""
