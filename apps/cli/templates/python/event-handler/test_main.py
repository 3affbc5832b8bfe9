import unittest

from annex import HostError
from annex.testing import plugin


class Orders(unittest.TestCase):
    def test_counts_a_paid_order_once_however_often_its_event_comes(self):
        order = {"id": "o-1", "total": 40}
        self.assertEqual(plugin.event("order.paid", {"order": order}, id="e-1"), [{"orders": 1, "revenue": 40}])
        again = plugin.event("order.paid", {"order": order}, id="e-1", attempt=2)
        self.assertEqual(again, [{"skipped": "seen before"}])
        plugin.event("order.paid", {"order": {"id": "o-2", "total": 2}})
        self.assertEqual(plugin.request("GET", "/stats").json(), {"orders": 2, "revenue": 42})
        self.assertEqual([each.data for each in plugin.emitted], [
            {"orders": 1, "revenue": 40},
            {"orders": 2, "revenue": 42},
        ])

    def test_does_not_try_again_what_can_never_work(self):
        with self.assertRaises(HostError) as caught:
            plugin.event("order.paid", {})
        self.assertEqual(caught.exception.code, "NON_RETRYABLE")
