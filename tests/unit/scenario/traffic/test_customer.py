from __future__ import annotations

from collections import Counter
from urllib.parse import parse_qs

from pytest_cna.deployment.application import Action
from pytest_cna.scenario.traffic.customer import Customer

LOGIN = Action("login", "POST", "/login", {"user": "jim", "password": "a&b"}, (303,), once=True)
TERMS = Action("terms", "POST", "/terms", {"agree": "yes"}, (303,), once=True)
LIST = Action("list", "GET", "/accounts", weight=3)
SEARCH = Action("search", "GET", "/accounts?q={word}")
OPEN = Action("open", "GET", "/accounts/{known}")
CREATE = Action("create", "POST", "/accounts", {"id": "{id}"}, (201,), creates=True)
STEADY = (LIST, SEARCH, OPEN, CREATE)


def logged_in(*actions: Action, seed: int = 0, delay_ms: int = 0) -> Customer:
    customer = Customer(0, (LOGIN, *actions), seed, delay_ms)
    assert customer.answered(customer.next_request(), 303, {"sid": "1"}) == ""
    return customer


def test_once_actions_come_first_and_in_order() -> None:
    customer = Customer(0, (LIST, LOGIN, TERMS))
    names = []
    for _ in range(3):
        request = customer.next_request()
        names.append(request.action.name)
        customer.answered(request, request.action.expect[0], {})
    assert names == ["login", "terms", "list"]


def test_an_unanswered_login_is_asked_again() -> None:
    customer = Customer(0, (LOGIN, LIST))
    assert [customer.next_request().action.name for _ in range(2)] == ["login", "login"]


def test_a_refused_login_is_a_failure_and_asked_again() -> None:
    customer = Customer(0, (LOGIN, LIST))
    assert customer.answered(customer.next_request(), 401, {}) == "HTTP 401"
    assert customer.next_request().action is LOGIN


def test_forms_are_encoded_and_cookies_sent_back() -> None:
    customer = Customer(0, (LOGIN, LIST))
    login = customer.next_request()
    assert parse_qs(login.body.decode()) == {"user": ["jim"], "password": ["a&b"]}
    assert login.headers["Content-Type"] == "application/x-www-form-urlencoded"
    customer.answered(login, 303, {"sid": "1", "lang": "en"})
    assert customer.next_request().headers == {"Cookie": "sid=1; lang=en"}


def test_an_unexpected_answer_is_a_failure() -> None:
    customer = logged_in(LIST)
    assert customer.answered(customer.next_request(), 503, {}) == "HTTP 503"
    assert customer.next_request().action is LIST


def test_logged_out_is_a_failure_and_leads_to_a_login_without_old_cookies() -> None:
    customer = logged_in(LIST)
    assert customer.answered(customer.next_request(), 401, {}) == "HTTP 401"
    login = customer.next_request()
    assert login.action is LOGIN
    assert "Cookie" not in login.headers


def test_a_late_401_of_an_earlier_login_does_not_log_out_again() -> None:
    customer = logged_in(LIST)
    first, late = customer.next_request(), customer.next_request()
    customer.answered(first, 401, {})
    customer.answered(customer.next_request(), 303, {"sid": "2"})
    assert customer.answered(late, 401, {"sid": "stale"}) == "HTTP 401"
    assert customer.next_request().headers == {"Cookie": "sid=2"}


def test_what_is_not_yet_created_is_not_opened() -> None:
    customer = logged_in(*STEADY)
    names = {customer.next_request().action.name for _ in range(200)}
    assert names == {"list", "search", "create"}


def test_only_an_acknowledged_id_is_known() -> None:
    customer = logged_in(LIST, CREATE)
    created = next(r for r in iter(customer.next_request, None) if r.action is CREATE)
    customer.answered(created, 503, {})
    assert customer.known == []
    customer.answered(created, 201, {})
    assert customer.known == [created.id]
    assert created.body.decode() == f"id={created.id}"


def test_opens_what_it_created() -> None:
    customer = logged_in(*STEADY)
    customer.known.append("4711")
    paths = {r.path for r in (customer.next_request() for _ in range(200)) if r.action is OPEN}
    assert paths == {"/accounts/4711"}


def test_ids_are_unique() -> None:
    customer = logged_in(CREATE)
    assert len({customer.next_request().id for _ in range(100)}) == 100


def test_the_same_seed_does_the_same() -> None:
    def names(seed: int) -> list[str]:
        customer = logged_in(*STEADY, seed=seed)
        return [customer.next_request().action.name for _ in range(50)]

    assert names(7) == names(7)
    assert names(7) != names(8)


def test_weights_decide_how_often() -> None:
    customer = logged_in(LIST, CREATE)
    done = Counter(customer.next_request().action.name for _ in range(1000))
    assert 2.0 < done["list"] / done["create"] < 4.5


def test_delay_is_asked_of_every_page_but_the_login() -> None:
    customer = Customer(0, (LOGIN, SEARCH), delay_ms=300)
    login = customer.next_request()
    assert login.path == "/login"
    customer.answered(login, 303, {})
    path = customer.next_request().path
    assert path.startswith("/accounts?q=")
    assert path.endswith("&delay_ms=300")


def test_searches_for_the_words_of_the_application() -> None:
    customer = Customer(0, (SEARCH,), words=("north & south",))
    assert customer.next_request().path == "/accounts?q=north%20%26%20south"


def test_without_words_it_searches_for_nothing() -> None:
    assert Customer(0, (SEARCH,), words=()).next_request().path == "/accounts?q="
