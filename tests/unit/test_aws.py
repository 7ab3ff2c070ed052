"""The functions' own way to AWS: its signatures are botocore's, its failures have a name."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from click_to_dial.aws import client as aws
from click_to_dial.aws.credentials import ContainerCredentials
from click_to_dial.aws.errors import AwsError
from click_to_dial.aws.signature import Credentials, Scope, signed
from click_to_dial.https import HttpError, Response, Server
from tests.fakes import Clock

KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
HOST = "dynamodb.eu-central-1.amazonaws.com"
words = st.text("abcXYZ019-/+=", min_size=1)


@given(
    credentials=st.builds(Credentials, words, words, st.none() | words),
    scope=st.builds(Scope, st.sampled_from(["dynamodb", "secretsmanager"]), words),
    body=st.binary(),
    target=words,
    now=st.datetimes(timezones=st.just(UTC)).filter(lambda now: now.year > 1999),
)
def test_a_signature_is_the_one_that_botocore_makes(
    credentials: Credentials, scope: Scope, body: bytes, target: str, now: datetime
) -> None:
    headers = {"host": HOST, "content-type": "application/x-amz-json-1.0", "x-amz-target": target}
    theirs = AWSRequest("POST", f"https://{HOST}/", headers, body)
    signer = SigV4Auth(
        BotocoreCredentials(
            credentials.access_key_id, credentials.secret_access_key, credentials.session_token
        ),
        scope.service,
        scope.region,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.auth.get_current_datetime", lambda **_: now.replace(tzinfo=None))
        signer.add_auth(theirs)
    ours = signed(headers, body, scope, credentials, now)
    assert ours["authorization"] == theirs.headers["Authorization"]


class Script:
    """Stands in for a server: answers, or fails, in this order, and keeps what was sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: Response | HttpError) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[Any, ...]] = []
        self.waited: list[float] = []
        self.paused: list[float] = []
        monkeypatch.setattr(Server, "send", lambda _, *given, **named: self._next(*given, **named))
        monkeypatch.setattr("time.sleep", self.paused.append)

    def _next(self, *given: Any, read_seconds: float) -> Response:
        self.sent.append(given)
        self.waited.append(read_seconds)
        answer = self.answers.pop(0)
        if isinstance(answer, HttpError):
            raise answer
        return answer


def dynamodb() -> aws.AwsClient:
    return aws.client(aws.DYNAMODB, f"https://{HOST}", "eu-central-1", lambda: KEY)


THROTTLED = Response(400, b'{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"}')
REFUSED = Response(
    400,
    b'{"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",'
    b'"message": "The conditional request failed"}',
)


@pytest.mark.parametrize(
    "passing",
    [HttpError("reset"), HttpError("read-timeout"), THROTTLED, Response(503, b"<html>")],
    ids=["reset", "read-timeout", "throttled", "unavailable"],
)
def test_what_may_pass_is_tried_once_more(
    monkeypatch: pytest.MonkeyPatch, passing: Response | HttpError
) -> None:
    script = Script(monkeypatch, passing, Response(200, b'{"Item": {"data": {"B": "AAE="}}}'))
    assert dynamodb()("GetItem", Key={"pk": {"B": b"\0"}}) == {"Item": {"data": {"B": b"\0\1"}}}
    assert [body for *_, body in script.sent] == [b'{"Key": {"pk": {"B": "AA=="}}}'] * 2


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (REFUSED, "ConditionalCheckFailedException"),
        (Response(400, b'{"__type": "AccessDeniedException", "Message": "x"}'), "Acc.*: x$"),
        (Response(403, b"<html>"), "HTTP 403"),
        (Response(200, b"[]"), "HTTP 200"),
        (Response(200, b"{"), "HTTP 200"),
    ],
)
def test_what_lasts_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch, answer: Response, code: str
) -> None:
    Script(monkeypatch, answer)
    with pytest.raises(AwsError, match=f"^{code}") as raised:
        dynamodb()("UpdateItem")
    assert raised.value.is_condition_failure == (answer is REFUSED)


@pytest.mark.parametrize(
    ("reasons", "lost"),
    [
        ("[ConditionalCheckFailed, None]", True),
        ("[None, TransactionConflict]", True),
        ("[ThrottlingError, None]", False),
    ],
)
def test_a_transaction_is_lost_only_to_another_one(reasons: str, lost: bool) -> None:
    message = f"Transaction cancelled, please refer cancellation reasons for specific {reasons}"
    assert AwsError("TransactionCanceledException", message).is_condition_failure is lost


def test_who_has_tried_enough_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(monkeypatch, *[HttpError("connect-timeout")] * 9)
    with pytest.raises(AwsError, match="connect-timeout"):
        dynamodb()("GetItem")
    assert len(script.sent) == aws.ATTEMPTS
    assert script.waited == [aws.READ_SECONDS] * aws.ATTEMPTS
    assert script.paused == [aws.PAUSE_SECONDS]


def test_a_request_is_signed_for_now(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(monkeypatch, Response(200, b"{}"))
    dynamodb()("GetItem")
    ((method, path, headers, body),) = script.sent
    assert (method, path, body) == ("POST", "/", b"{}")
    moment = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%S%z")
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 60
    assert headers["host"] == HOST


def test_a_query_goes_on_where_its_last_page_ended() -> None:
    asked = []

    def two_pages(operation: str, **request: Any) -> Any:
        asked.append((operation, request))
        return {"Items": [len(asked)]} | ({"LastEvaluatedKey": "k"} if len(asked) == 1 else {})

    found = [page["Items"] for page in aws.pages(two_pages, "Query", TableName="t")]
    assert found == [[1], [2]]
    assert asked[1] == ("Query", {"TableName": "t", "ExclusiveStartKey": "k"})


def container(key: str, expires: str = "2026-11-24T12:00:00Z") -> Response:
    text = f'{{"AccessKeyId":"{key}","SecretAccessKey":"s","Token":"t","Expiration":"{expires}"}}'
    return Response(200, text.encode())


@pytest.fixture
def snapstart() -> tuple[Callable[[], Credentials], Clock]:
    clock = Clock()
    clock.now = datetime(2026, 11, 24, 11, tzinfo=UTC).timestamp()
    url = "http://127.0.0.1:9001/2021-04-23/credentials"
    return ContainerCredentials(url, "the-token", clock), clock


def test_credentials_of_a_container_are_renewed_before_they_expire(
    monkeypatch: pytest.MonkeyPatch, snapstart: tuple[Callable[[], Credentials], Clock]
) -> None:
    credentials, clock = snapstart
    script = Script(monkeypatch, container("first"), container("second"))
    assert [credentials() for _ in range(2)] == [Credentials("first", "s", "t")] * 2
    clock.advance(3600 - 299)
    assert credentials().access_key_id == "second"
    request = ("GET", "/2021-04-23/credentials", {"authorization": "the-token"})
    assert script.sent == [request] * 2


def test_credentials_that_cannot_be_renewed_are_used_until_they_expire(
    monkeypatch: pytest.MonkeyPatch, snapstart: tuple[Callable[[], Credentials], Clock]
) -> None:
    credentials, clock = snapstart
    Script(monkeypatch, container("first"), HttpError("refused"), Response(500, b""))
    credentials()
    clock.advance(3600 - 1)
    assert credentials().access_key_id == "first"
    clock.advance(1)
    with pytest.raises(AwsError, match="CredentialsUnavailable"):
        credentials()


@pytest.mark.parametrize(
    "answer", [HttpError("refused"), Response(200, b"<html>"), Response(403, b"{}")]
)
def test_a_container_without_credentials_is_an_error_of_aws(
    monkeypatch: pytest.MonkeyPatch,
    snapstart: tuple[Callable[[], Credentials], Clock],
    answer: Response | HttpError,
) -> None:
    Script(monkeypatch, answer)
    with pytest.raises(AwsError, match="CredentialsUnavailable") as raised:
        snapstart[0]()
    assert raised.value.passing
