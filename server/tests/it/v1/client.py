"""A program in another language: it hands a user over, gets their tokens, and calls PagerDuty."""

import json
import os
import re
import sys
import urllib.parse
import urllib.request

APP, KEY = sys.argv[1], os.environ["PDCONNECT_KEY"]


def ask(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = urllib.request.Request(APP + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


class Browser:
    """What the user's browser does: keeps the cookies, follows redirects, sends forms."""

    def __init__(self):
        self.cookies = {}

    def open(self, url, form=None):
        data = None if form is None else urllib.parse.urlencode(form).encode()
        origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(url))
        headers = {"Accept": "text/html", "Origin": origin}
        if url.startswith(APP):
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        request = urllib.request.Request(url, data, headers)
        opener = urllib.request.build_opener(Unfollowed)
        answer = opener.open(request)
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        to = answer.headers.get("Location")
        return self.open(urllib.parse.urljoin(url, to)) if to else (url, answer)


class Unfollowed(urllib.request.HTTPErrorProcessor):
    def http_response(self, request, response):
        return response

    https_response = http_response


def connect(user, email):
    status, link = ask("POST", "/v1/links", {"user": user, "return_to": "https://billing.example/done"})
    assert status == 201, link
    browser = Browser()
    url, page = browser.open(link["url"])
    value = re.search(r'name="link" value="([^"]+)"', page.read().decode()).group(1)
    url, page = browser.open(APP + "/link", {"link": value})
    request = re.search(r'name="request" value="([^"]+)"', page.read().decode()).group(1)
    sign_in = urllib.parse.urljoin(url, "/oauth/authorize/login")
    browser.open(sign_in, {"request": request, "email": email, "password": "any"})
    consent = urllib.parse.urljoin(url, "/oauth/authorize/consent")
    _, page = browser.open(consent, {"request": request, "decision": "consent"})
    assert page.headers["Refresh"] == "0; url=https://billing.example/done?pagerduty=connected"


def token(user):
    status, identity = ask("GET", f"/v1/identities/{user}")
    assert (status, identity.get("user")) == (200, user), identity
    return identity


def name(identity):
    """Whose token it is, as PagerDuty says."""
    accept = "application/vnd.pagerduty+json;version=2"
    headers = {"Authorization": f"Bearer {identity['accessToken']}", "Accept": accept}
    request = urllib.request.Request(identity["api_url"] + "/users/me", headers=headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["user"]["name"]


def begin():
    """Connects two users; prints their tokens."""
    connect("alice", "bethany@acme.example")
    connect("42", "elif@acme-eu.example")
    print(json.dumps({user: token(user) for user in ("alice", "42")}))


def go_on(before):
    """When more time has passed than a token lives."""
    for user, old in before.items():
        try:
            name(old)
            sys.exit(f"the old token of {user} is still good")
        except urllib.error.HTTPError as error:
            assert error.code == 401, error
    now = {user: token(user) for user in before}
    names = {user: name(identity) for user, identity in now.items()}
    assert all(now[user]["accessToken"] != before[user]["accessToken"] for user in before)
    assert ask("DELETE", "/v1/identities/42") == (200, {"deleted": 1, "not_revoked": 0})
    status, gone = ask("GET", "/v1/identities/42")
    assert (status, gone["error"]["code"]) == (404, "not-connected"), gone
    print(f"alice is {names['alice']}, 42 was {names['42']}")


if __name__ == "__main__":
    begin() if len(sys.argv) == 2 else go_on(json.loads(sys.argv[2]))
