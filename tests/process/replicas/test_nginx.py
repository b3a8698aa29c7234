"""docs/nginx.conf does what its comments say, in front of servers that fail as they are told."""

import http.client
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.drill.ports import free_ports
from benchmarks.drill.proxy import CONFIG, Proxy
from server.app import create_app
from server.core.settings import Settings
from server.services import make_services
from tests.fakes import FakePool, one_model
from tests.nginx import Backend, needs_nginx

# What has effects beyond its answer. A route is here, or nginx repeats its requests.
EFFECTS = {
    "/translation/jobs",  # without a key
    "/translate_file",
    "/v2/document",
    "/v2/glossaries",
    "/v3/glossaries",
    "/suggest",  # nothing is stored, and nothing is translated
    # Also GET: nginx repeats those.
    "/v2/document/<document_id>",
    "/v2/document/<document_id>/result",
    "/v2/languages",
    "/v2/usage",
    "/language/translate/v2/languages",
}


@pytest.fixture
def backends() -> Iterator[list[Backend]]:
    made = [Backend(name) for name in "abc"]
    yield made
    for each in made:
        each.stop()


@pytest.fixture
def proxy(tmp_path: Path, backends: list[Backend]) -> Iterator[Proxy]:
    proxy = Proxy(tmp_path, [each.port for each in backends], *free_ports(1))
    yield proxy
    proxy.stop()


def post(proxy: Proxy, path: str = "/translation", **headers: str) -> int:
    return send(proxy, "POST", path, **headers)


def send(proxy: Proxy, method: str, path: str, **headers: str) -> int:
    connection = http.client.HTTPConnection(proxy.url.removeprefix("http://"), timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body=b"a text" if method == "POST" else None, headers=named)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


def seen(backends: list[Backend]) -> int:
    return sum(len(each.seen) for each in backends)


@needs_nginx
def test_all_servers_get_requests(proxy: Proxy, backends: list[Backend]) -> None:
    assert {post(proxy) for _ in range(30)} == {200}
    assert min(len(each.seen) for each in backends) > 0


@needs_nginx
@pytest.mark.parametrize("path", ["/translation", "/translation/", "/v2/translate", "/detect"])
@pytest.mark.parametrize("status", [429, 503])
def test_what_two_refuse_the_third_translates(
    proxy: Proxy, backends: list[Backend], path: str, status: int
) -> None:
    for each in backends[:2]:
        each.status = status
    assert {post(proxy, path) for _ in range(20)} == {200}
    assert {body for _, _, body in backends[2].seen} == {b"a text"}


@needs_nginx
@pytest.mark.parametrize("status", [429, 503])
def test_what_all_refuse_the_client_hears(
    proxy: Proxy, backends: list[Backend], status: int
) -> None:
    """Also the tenth time: a server that refuses is not one that is away."""
    for each in backends:
        each.status = status
    assert {post(proxy) for _ in range(10)} == {status}
    for each in backends:
        each.status = 200
    assert post(proxy) == 200


@needs_nginx
@pytest.mark.parametrize("status", [400, 401, 413, 500, 504])
def test_what_the_others_would_repeat_is_passed_on(
    proxy: Proxy, backends: list[Backend], status: int
) -> None:
    for each in backends:
        each.status = status
    assert post(proxy) == status
    assert seen(backends) == 1


@needs_nginx
def test_two_that_die_with_a_translation_are_left_out(
    proxy: Proxy, backends: list[Backend]
) -> None:
    for each in backends[:2]:
        each.breaks = True
    assert {post(proxy) for _ in range(20)} == {200}
    assert seen(backends[:2]) < 20, "they are asked now and then"


@needs_nginx
def test_one_that_is_left_out_serves_when_the_others_cannot(
    proxy: Proxy, backends: list[Backend]
) -> None:
    """As in a fast rolling update: nginx has not noticed yet that the first is back."""
    for each in backends:
        each.breaks = True
        while each.seen == []:
            post(proxy)
    assert post(proxy) == 502
    backends[0].breaks = False
    assert post(proxy) == 200


@needs_nginx
def test_a_job_with_a_key_is_sent_again(proxy: Proxy, backends: list[Backend]) -> None:
    backends[0].breaks, backends[1].status = True, 503
    codes = {post(proxy, "/translation/jobs", Idempotency_Key="x") for _ in range(10)}
    assert codes == {200}


@needs_nginx
@pytest.mark.parametrize("path", ["/translation/jobs", "/v2/document", "/v2/glossaries"])
def test_what_may_have_been_done_is_not_sent_again(
    proxy: Proxy, backends: list[Backend], path: str
) -> None:
    for each in backends:
        each.breaks = True
    assert post(proxy, path) == 502
    assert seen(backends) == 1
    for each in backends:
        each.breaks, each.status = False, 503
    assert post(proxy, path) == 503
    assert seen(backends) == 2


@needs_nginx
def test_what_has_not_been_sent_goes_to_another(proxy: Proxy, backends: list[Backend]) -> None:
    for each in backends[:2]:
        each.stop()
    assert {post(proxy, "/translation/jobs") for _ in range(10)} == {200}
    assert {send(proxy, "GET", "/translation/jobs/x") for _ in range(10)} == {200}


@needs_nginx
def test_a_client_cannot_claim_an_address(proxy: Proxy, backends: list[Backend]) -> None:
    """The servers believe the last address, which is nginx's."""
    post(proxy, X_Forwarded_For="192.0.2.7")
    [client] = [client for each in backends for _, client, _ in each.seen]
    assert client == "192.0.2.7, 127.0.0.1"


@needs_nginx
def test_no_text_reaches_the_log(proxy: Proxy, backends: list[Backend]) -> None:
    for each in backends:
        each.breaks = True
    assert post(proxy, "/translate?q=confidential") == 502
    assert "confidential" not in proxy.log.read_text()


def test_each_route_is_repeated_or_known_to_have_effects() -> None:
    app = create_app(make_services(FakePool(), one_model(), Settings()))
    posts = {rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    [repeated] = re.findall(r'location ~ "(.*translate.*)"', CONFIG.read_text())
    assert {rule for rule in posts if not re.fullmatch(repeated, rule)} == EFFECTS
    assert re.fullmatch(repeated, "/api/v2/translator")


def test_limits_are_beyond_those_of_the_servers() -> None:
    text, settings = CONFIG.read_text(), Settings(jobs=Path("jobs"))
    [size] = re.findall(r"client_max_body_size (\d+)m", text)
    assert int(size) * 2**20 > max(settings.max_job_bytes, settings.max_body_bytes)
    [seconds] = re.findall(r"proxy_read_timeout (\d+)s", text)
    assert float(seconds) > settings.max_timeout
    assert len(set(re.findall(r"server (\S+:8000)", text))) == 3
