import csv
import io


def summarize(text):
    """Rows of a CSV text, and of each column how many cells are filled and, of numbers, their sum."""
    head, *rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text)) if any(row)] or [[]]
    return {"rows": len(rows), "columns": [_column(name, [row[at : at + 1] for row in rows]) for at, name in enumerate(head)]}


def _column(name, cells):
    filled = [cell for found in cells for cell in found if cell != ""]
    try:
        total = sum(map(float, filled)) if filled else None
    except ValueError:
        total = None
    return {"name": name, "filled": len(filled), "sum": total}
