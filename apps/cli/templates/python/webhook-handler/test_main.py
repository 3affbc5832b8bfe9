import unittest

from annex.testing import plugin


def post(body):
    """Nobody is signed in; the signature is checked by Annex, and not in tests."""
    return plugin.request("POST", "/", json=body, user=None)


class Deliveries(unittest.TestCase):
    def test_makes_an_event_of_a_delivery_once(self):
        body = {"id": "d-1", "type": "invoice.paid", "data": {"total": 3}}
        first = post(body)
        self.assertEqual((first.status_code, first.json()), (202, {"event_id": "__SLUG__-d-1"}))
        post(body)
        self.assertEqual([(each.type, each.data, each.subject) for each in plugin.emitted], [
            ("incoming.invoice.paid", {"total": 3}, "d-1"),
        ])

    def test_refuses_what_is_no_delivery(self):
        for body in ({}, {"id": "d-1"}, {"id": "!", "type": "a"}, {"id": "d-1", "type": "No spaces"}, [1]):
            self.assertEqual(post(body).status_code, 400)
        self.assertEqual(plugin.emitted, [])
