import json
import unittest

from annex.testing import plugin
from summarize import summarize

CSV = 'name,total\n"Doe, Jane",40\nJohn,2\nNobody,\n'


def upload(key, size=1):
    """As `files.uploaded` names it."""
    return plugin.event("files.uploaded", {"file": {"key": key, "size": size, "content_type": "text/csv", "etag": "of a test"}})


class Summaries(unittest.TestCase):
    def test_summarizes_a_csv_text(self):
        self.assertEqual(summarize(CSV), {"rows": 3, "columns": [
            {"name": "name", "filled": 3, "sum": None},
            {"name": "total", "filled": 2, "sum": 42},
        ]})

    def test_writes_a_summary_beside_each_uploaded_file(self):
        plugin.files.set("incoming/march.csv", CSV)
        self.assertEqual(upload("incoming/march.csv", len(CSV)), [{"target": "summaries/march.csv.json", "rows": 3}])
        self.assertEqual(json.loads(plugin.files.text("summaries/march.csv.json")), summarize(CSV))
        self.assertEqual(plugin.emitted[-1].type, "csv.summarized")

    def test_leaves_other_files_alone(self):
        for key in ("incoming/photo.png", "summaries/march.csv.json"):
            self.assertEqual(upload(key), [{"skipped": key}])
