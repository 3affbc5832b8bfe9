import unittest

from annex.testing import plugin


def add(text):
    return plugin.request("POST", "/notes", json={"text": text})


class Notes(unittest.TestCase):
    def test_keeps_notes_and_shows_them_page_by_page(self):
        for index in range(21):
            self.assertEqual(add(f"note {index}").status_code, 201)
        pages = [plugin.request("GET", f"/notes?page={page}").json() for page in (1, 2)]
        self.assertEqual([(len(page["items"]), page["total"]) for page in pages], [(20, 21), (1, 21)])
        self.assertEqual(plugin.request("GET", "/notes?page=0").status_code, 400)

    def test_shows_and_removes_one_note_and_removing_is_for_admins(self):
        path = f"/notes/{add('hello').json()['id']}"
        member = {"id": "usr_1", "email": "member@example.com", "role": "member"}
        self.assertEqual(plugin.request("DELETE", path, user=member).status_code, 403)
        self.assertEqual(plugin.request("GET", path, user=member).status_code, 200)
        self.assertEqual(plugin.request("DELETE", path).status_code, 204)
        self.assertEqual(plugin.request("GET", path).status_code, 404)

    def test_takes_only_what_is_a_note(self):
        for body in ({}, {"text": ""}, {"text": 1}, {"text": "x" * 2001}, [1]):
            self.assertEqual(plugin.request("POST", "/notes", json=body).status_code, 422)
        self.assertEqual(plugin.request("POST", "/notes", data="no JSON").status_code, 422)
