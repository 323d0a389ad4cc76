"""No machine inside the network is asked, whatever an address looks like and wherever it leads."""

from __future__ import annotations

import pytest

from rag.errors import ReadError
from rag.readers.web.inside import kind
from tests.readers.web.conftest import Visitors
from tests.site import Answer, Site, story


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("127.0.0.1", "loopback"),
        ("127.8.8.8", "loopback"),
        ("0.0.0.0", "unspecified"),
        ("10.1.2.3", "private"),
        ("172.31.0.1", "private"),
        ("192.168.1.1", "private"),
        ("100.100.100.200", "private"),
        ("169.254.169.254", "link-local"),
        ("168.63.129.16", "metadata"),
        ("192.0.0.192", "private"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "private"),
        ("240.0.0.1", "private"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fd00:ec2::254", "private"),
        ("ff02::1", "multicast"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:10.0.0.1", "private"),
        ("::ffff:169.254.169.254", "link-local"),
        ("::127.0.0.1", "loopback"),
        ("64:ff9b::10.0.0.1", "private"),
        ("64:ff9b:1::1", "private"),
        ("2002:7f00:1::", "loopback"),
        ("2001:0:808:808:0:0:f5ff:fffe", "private"),
        ("93.184.215.14", None),
        ("8.8.8.8", None),
        ("::ffff:8.8.8.8", None),
        ("64:ff9b::8.8.8.8", None),
        ("2606:4700:4700::1111", None),
    ],
)
def test_addresses(address: str, wrong: str | None) -> None:
    assert kind(address) == wrong


def refusal(visitors: Visitors, url: str, **more: object) -> str:
    with pytest.raises(ReadError) as caught:
        visitors(inside=(), **more).get(url)
    assert caught.value.path == url
    assert not caught.value.retry
    return caught.value.message


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "127.1"])
def test_this_machine_is_refused_and_not_asked(host: str, site: Site, visitors: Visitors) -> None:
    site["/page"] = Answer(story("Inside"))
    assert "inside the network (loopback address)" in refusal(visitors, f"http://{host}:{site.port}/page")
    assert site.asked == []


def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(site: Site, visitors: Visitors) -> None:
    looked_up = []

    def resolve(host: str, port: int) -> list[str]:
        looked_up.append((host, port))
        return ["93.184.215.14", "127.0.0.1"]

    message = refusal(visitors, f"http://paper.example:{site.port}/page", resolve=resolve)
    assert "paper.example is 127.0.0.1, which is inside the network (loopback address)" in message
    assert "web_inside" in message
    assert looked_up == [("paper.example", site.port)]
    assert site.asked == []


def test_a_redirect_that_leads_inside_is_refused(site: Site, visitors: Visitors) -> None:
    site["/out"] = Answer(status=302, headers={"Location": f"http://inner.example:{site.port}/secret"})
    site["/secret"] = Answer(story("Secret"))
    visitor = visitors(inside=("paper.example",), resolve=lambda host, port: ["127.0.0.1"])
    with pytest.raises(ReadError, match=r"inner\.example is 127\.0\.0\.1, which is inside the network"):
        visitor.get(f"http://paper.example:{site.port}/out")
    assert site.paths() == ["/out"]


def test_the_connection_goes_to_the_address_that_was_judged(site: Site, visitors: Visitors) -> None:
    """A name server that answers otherwise the second time is not asked a second time, by nobody."""
    site["/robots.txt"], site["/page"] = Answer(), Answer(story("Once"))
    answers = iter([["127.0.0.1"]])
    visitor = visitors(inside=("paper.example",), resolve=lambda host, port: next(answers))
    page = visitor.get(f"http://paper.example:{site.port}/page")
    assert page
    assert b"Once" in page.body
    assert site.asked[-1].headers["host"] == f"paper.example:{site.port}"
    assert next(answers, None) is None  # and the system's own look-up does not know this name


def test_a_host_that_the_settings_name_is_asked(site: Site, visitors: Visitors) -> None:
    site["/page"] = Answer(story("Allowed"))
    page = visitors(inside=("LocalHost",)).get(f"http://localhost:{site.port}/page")
    assert page
    assert b"Allowed" in page.body


def test_a_proxy_of_the_environment_makes_the_connection(
    site: Site, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{site.port}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{site.port}")
    site["http://paper.example/page"] = Answer(story("By proxy"))

    def resolve(host: str, port: int) -> list[str]:
        if host == "paper.example":
            raise OSError("only the proxy knows it")
        return ["10.0.0.1"]

    page = visitors(inside=(), resolve=resolve).get("http://paper.example/page")
    assert page
    assert b"By proxy" in page.body
    assert "inside the network" in refusal(visitors, "http://inner.example/page", resolve=resolve)
