import unittest
from datetime import datetime, timedelta, timezone

from annex.testing import plugin


def write_drafts(count, days):
    """Drafts of so many days ago."""
    plugin.clock.set(datetime.now(timezone.utc) - timedelta(days=days))
    for index in range(count):
        plugin.tables.insert("drafts", {"index": index})


class Cleanup(unittest.TestCase):
    def test_removes_drafts_that_are_older_than_the_setting(self):
        write_drafts(2, days=31)
        self.assertEqual(plugin.job("nightly_cleanup"), {"found": 2, "removed": 2})
        self.assertEqual(plugin.tables.rows("drafts"), [])
        self.assertEqual(plugin.started_jobs, [])

    def test_leaves_younger_ones(self):
        write_drafts(1, days=29)
        self.assertEqual(plugin.job("nightly_cleanup"), {"found": 0, "removed": 0})

    def test_only_looks_with_dry_run(self):
        write_drafts(1, days=31)
        self.assertEqual(plugin.job("nightly_cleanup", {"dry_run": True}), {"found": 1, "removed": 0})
        self.assertEqual(len(plugin.tables.rows("drafts")), 1)

    def test_goes_on_in_a_run_of_its_own_when_there_are_more(self):
        write_drafts(101, days=31)
        self.assertEqual(plugin.job("nightly_cleanup"), {"found": 100, "removed": 100})
        self.assertEqual([each.name for each in plugin.started_jobs], ["nightly_cleanup"])
