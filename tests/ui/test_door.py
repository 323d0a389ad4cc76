"""The door before the real page: every route that Gradio serves, without a browser."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

import rag
from tests.conftest import SETTINGS, run
from tests.ui.test_users import CHEAP, WORDS
from ui import page, talks, under
from ui.brake import Brake
from ui.claims import Claims, window_of
from ui.users import FILE, Users

HERE = {"origin": "http://testserver"}
APPLES = "How many tonnes of apples did farmers bring in?"
OPEN = {("GET", "/sign-in"), ("POST", "/sign-in"), ("GET", "/sign-in.css")}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.Archive]:
    with rag.open(tmp_path_factory.mktemp("door") / "archive", settings=SETTINGS) as opened:
        yield opened


@pytest.fixture
def app(archive: rag.Archive) -> Iterator[Any]:
    """The page as it is served, with two users."""
    with Users(archive.path / FILE, CHEAP) as users:
        for name in ("ana", "ben"):
            users.add(name, WORDS)
    yield _app(archive)
    with Users(archive.path / FILE, CHEAP) as users:
        for user in users.list():
            users.remove(user.name)


def _app(archive: rag.Archive, **how: bool) -> Any:
    from gradio.routes import App

    options = page.options(archive.path, **{"required": False, "secure": False, **how})

    async def made() -> Any:  # within a loop: without one, Gradio makes loops of its own and leaves them open
        return App.create_app(page.build(archive), app_kwargs=options["app_kwargs"])

    return asyncio.run(made())


def _client(app: Any, name: str = "", **more: Any) -> TestClient:
    """A browser, signed in with a name."""
    client = TestClient(app, follow_redirects=False, **more)
    if name:
        assert _sign_in(client, name).status_code == 303
    return client


def _sign_in(client: TestClient, name: str, password: str = WORDS, **headers: str) -> Any:
    origin = {"origin": str(client.base_url).rstrip("/")}
    return client.post("/sign-in", data={"name": name, "password": password}, headers=origin | headers)


def _routes(app: Any) -> list[tuple[str, str]]:
    """Every method and path that Gradio has, with something in place of what varies."""
    from fastapi.routing import iter_route_contexts

    found = {
        (method, re.sub(r"\{[^}]*\}", "some", route.path))
        for route in iter_route_contexts(app.routes)
        for method in route.methods or ()
    }
    assert len(found) > 60
    return sorted(found)


def test_every_route_needs_a_session(app: Any) -> None:
    client = _client(app)
    client.get("/gradio_api/startup-events")  # which the server asks itself for once
    routes = _routes(app)
    assert {path.rsplit("/", 1)[-1] for _, path in routes} >= {"join", "data", "cancel", "upload", "component_server"}
    for method, path in routes:
        answer = client.request(method, path, headers=HERE, content=b"{}" if method == "POST" else None)
        expected = 303 if path == "/" else 401
        assert (answer.status_code, path) == (expected, path)
        assert path != "/" or answer.headers["location"] == "/sign-in"


@pytest.mark.parametrize("path", ["/sign-in/", "/sign-in/../config", "/SIGN-IN", "/config?x=/sign-in", "/x"])
def test_no_other_way_of_writing_a_path_leads_around(app: Any, path: str) -> None:
    assert _client(app).get(path).status_code == 401


def test_a_port_that_is_taken_is_said_in_words(archive: rag.Archive) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = run("serve", "--archive", archive.path, "--port", str(other.getsockname()[1]))
    assert done.returncode == 1
    assert "cannot be used: another program has it" in done.stderr
    assert "GRADIO" not in done.stderr
    assert "0 is any free one" in done.stderr


@pytest.mark.parametrize(
    "path", ["/fonts/OFL.txt", "/fonts/../door.py", "/fonts/%2e%2e/door.py", "/fonts/", "/fonts/x.woff2"]
)
def test_of_the_folder_of_fonts_only_fonts_are_given_out(app: Any, path: str) -> None:
    assert _client(app).get(path).status_code == 401


def test_the_typeface_is_there_before_anybody_signs_in(app: Any) -> None:
    style = _client(app).get("/sign-in.css").text
    named = set(re.findall(r'url\("([^"]+)"\)', style))
    assert len(named) == 4
    for path in named:
        answer = _client(app).get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "font/woff2")
        assert answer.content.startswith(b"wOF2")
        assert "max-age" in answer.headers["cache-control"]
        assert _client(app).post(path, headers=HERE).status_code == 401


def test_a_web_socket_is_not_opened(app: Any) -> None:
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), _client(app, "ana").websocket_connect("/gradio_api/queue/join"):
        pass


def test_the_form_lets_in_and_its_cookie_is_the_pages_alone(app: Any) -> None:
    client = _client(app)
    form = client.get("/sign-in")
    assert form.status_code == 200
    assert "default-src 'none'" in form.headers["content-security-policy"]
    assert client.get("/sign-in.css").headers["content-type"].startswith("text/css")
    answer = _sign_in(client, "Ana")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    shown = client.get("/config")
    assert shown.status_code == 200
    assert shown.headers["cache-control"] == "no-store"
    assert client.get("/sign-in").headers["location"] == "/"


def test_signing_out_ends_the_session_also_for_who_kept_the_cookie(app: Any) -> None:
    client = _client(app, "ana")
    kept = dict(client.cookies)
    assert client.get("/config").status_code == 200
    assert client.post("/sign-out", headers=HERE).status_code == 204
    assert not client.cookies
    assert _client(app, cookies=kept).get("/config").status_code == 401


def test_a_removed_user_is_out_at_once(app: Any, archive: rag.Archive) -> None:
    client = _client(app, "ana")
    with Users(archive.path / FILE, CHEAP) as users:
        users.remove("ana")
    assert client.get("/config").status_code == 401


def test_with_https_the_cookie_is_for_https_alone(app: Any, archive: rag.Archive) -> None:
    client = _client(_app(archive, secure=True), base_url="https://testserver")
    cookie = _sign_in(client, "ana").headers["set-cookie"]
    assert "Secure" in cookie
    assert cookie.startswith("__Host-")
    assert client.get("/config").status_code == 200
    assert client.post("/gradio_api/reset", json={"event_id": "e"}, headers=HERE).status_code == 403  # http


def test_wrong_passwords_are_told_and_slowed_down(app: Any) -> None:
    client = _client(app)
    for _ in range(3):
        answer = _sign_in(client, "ana", 'no"><script>')
        assert answer.status_code == 401
        assert 'aria-describedby="problem"' in answer.text
        assert "Wrong name or password" in answer.text
    answer = _sign_in(client, "ana")
    assert answer.status_code == 429
    assert "Try again in 1 second." in answer.text
    assert int(answer.headers["retry-after"]) >= 1


def test_a_name_that_was_typed_is_shown_as_text(app: Any) -> None:
    shown = _sign_in(_client(app), '"><script>alert(1)</script>', "x").text
    assert "<script" not in shown
    assert "&quot;&gt;&lt;script&gt;" in shown


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://testserver:81", "https://testserver"])
def test_what_changes_something_must_come_from_this_address(app: Any, archive: rag.Archive, origin: str | None) -> None:
    headers = {"origin": origin} if origin else {}
    for client in (_client(app, "ana"), _client(_app(archive), "ana")):
        routes = [path for method, path in _routes(app) if method == "POST"]
        for path in [*routes, "/sign-in", "/sign-out"]:
            assert (client.post(path, content=b"{}", headers=headers).status_code, path) == (403, path)
    if origin:
        assert client.get("/config", headers=headers).status_code == 403


def test_from_this_address_it_goes_through(app: Any) -> None:
    client = _client(app, "ana")
    assert client.post("/gradio_api/reset", json={"event_id": "e"}, headers=HERE).status_code == 200


def test_a_link_from_elsewhere_finds_the_session_all_the_same(app: Any) -> None:
    answer = _client(app).get("/", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 200
    assert 'content="0; url=/"' in answer.text


def test_a_window_is_the_users_who_came_with_it_first(app: Any, archive: rag.Archive) -> None:
    ana, ben = _client(app, "ana"), _client(app, "ben")
    sent = {"session_hash": "w1", "fn_index": 0, "event_id": "e"}
    assert ana.post("/gradio_api/cancel", json=sent, headers=HERE).status_code == 200
    assert ben.post("/gradio_api/cancel", json=sent, headers=HERE).status_code == 403
    for path in (
        "/gradio_api/queue/data?session_hash=w1",
        "/gradio_api/heartbeat/w1",
        "/gradio_api/call/asked/w1",
        "/gradio_api/stream/w1/1/1/playlist.m3u8",
    ):
        assert (ben.get(path).status_code, path) == (403, path)
    as_text = {"content-type": "text/plain"} | HERE
    body = b'{"component_id": 1, "fn_name": "take", "data": {}, "session_hash": "w1"}'
    assert ben.post("/gradio_api/component_server", content=body, headers=as_text).status_code == 403
    form = {"component_id": "1", "fn_name": "take", "session_hash": "w1"}
    assert ben.post("/gradio_api/component_server", data=form, headers=HERE).status_code == 400


def _server_function(client: TestClient, app: Any, name: str, data: dict[str, str]) -> Any:
    blocks = app.get_blocks()
    (component,) = [n for n, block in blocks.blocks.items() if hasattr(block, name)]
    body = {"component_id": component, "fn_name": name, "data": data, "session_hash": f"window of {client.cookies}"}
    answer = client.post("/gradio_api/component_server", json=body, headers=HERE)
    assert answer.status_code == 200
    return answer.json()


def test_a_conversation_is_seen_by_its_user_alone_also_by_its_id(app: Any, archive: rag.Archive) -> None:
    from tests.ui.answers import WHEN, bridge_answer

    with Users(archive.path / FILE, CHEAP) as users:
        owner = users.named("ana").id
    id = talks.kept(archive.path, owner, "", under.Given(bridge_answer(), WHEN))
    ana, ben = _client(app, "ana"), _client(app, "ben")
    assert id in _server_function(ana, app, "conversations", {})
    assert id not in _server_function(ben, app, "conversations", {})
    for change in ({"delete": id}, {"rename": id, "name": "Mine"}):
        assert "no such conversation" in _server_function(ben, app, "conversations", change)
    assert id in _server_function(ana, app, "conversations", {})


def test_without_users_nobody_signs_in_until_there_are_some(archive: rag.Archive) -> None:
    app = _app(archive)
    client = _client(app, base_url="http://127.0.0.1:7860")
    here = {"origin": "http://127.0.0.1:7860"}
    assert client.get("/config").status_code == 200
    assert client.get("/sign-in").headers["location"] == "/"
    assert client.post("/gradio_api/reset", json={"event_id": "e"}).status_code == 403
    assert client.post("/gradio_api/reset", json={"event_id": "e"}, headers=here).status_code == 200
    with Users(archive.path / FILE, CHEAP) as users:
        users.add("ana", WORDS)
        assert client.get("/config").status_code == 401
        users.remove("ana")
        assert client.get("/config").status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:7860", 200), ("localhost:7860", 200), ("[::1]:7860", 200), ("news.example", 403),
     ("127.0.0.1.example:7860", 403)],
)  # fmt: skip
def test_without_users_a_name_that_was_made_to_lead_here_reads_nothing(
    archive: rag.Archive, host: str, status: int
) -> None:
    assert _client(_app(archive), base_url=f"http://{host}").get("/config").status_code == status


def test_where_users_are_required_nobody_comes_in_without_one(archive: rag.Archive) -> None:
    client = _client(_app(archive, required=True))
    assert client.get("/").headers["location"] == "/sign-in"
    assert _sign_in(client, "", "").status_code == 401


def test_claims_are_forgotten_from_the_oldest() -> None:
    claims = Claims(most=2)
    assert all(claims.allowed("ana", [window]) for window in ("w1", "w2", "w1", "w3"))
    assert claims.allowed("ben", ["w2"])
    assert not claims.allowed("ben", [], ["x", "w3"])
    assert window_of(b'["session_hash"]') == window_of(b"") == window_of(b'{"session_hash": 1}') == ()


def test_the_brake_is_the_doors(monkeypatch: pytest.MonkeyPatch, app: Any) -> None:
    monkeypatch.setattr(Brake, "wait", lambda *_: 7.0)
    assert "7 seconds" in _sign_in(_client(app), "ana").text
