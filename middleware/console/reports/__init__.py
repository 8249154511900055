"""Reports: what is counted, as a chart, a table and a file."""
