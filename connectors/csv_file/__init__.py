"""CSV files of records: read row by row in bounded memory, with a report of the rows that were refused."""

from connectors.csv_file.reading import CsvFile, Row, opened_csv
from connectors.csv_file.refusing import LINE, REASON, Refused

__all__ = ["LINE", "REASON", "CsvFile", "Refused", "Row", "opened_csv"]
