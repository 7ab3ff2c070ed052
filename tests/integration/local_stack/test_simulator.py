"""The Salesforce simulator over HTTP: its bytes against recordings, what it counts and refuses."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from local_stack.salesforce import Simulator, running
from tests.integration.simulator_calls import (
    ACCOUNT,
    CONTACT,
    DATA,
    ORG,
    composite,
    get,
    log_in,
    soql,
)


@pytest.fixture
def salesforce() -> Iterator[Simulator]:
    with running(ORG) as simulator:
        yield simulator


class TestRecordedBytes:
    """The bodies of recorded or documented answers, byte for byte."""

    @pytest.mark.parametrize(
        ("path", "status", "body"),
        [
            (
                f"/sobjects/Nope/{ACCOUNT}",
                404,
                '[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]',
            ),
            (
                "/sobjects/Account/001i000000xxxxxx",
                404,
                '[{"errorCode":"NOT_FOUND","message":"Provided external ID field does not exist or'
                ' is not accessible: 001i000000xxxxxx"}]',
            ),
            (
                f"/sobjects/Account/{ACCOUNT}?fields=X",
                400,
                '[{"message":"No such column \'X\' on sobject of type Account",'
                '"errorCode":"INVALID_FIELD"}]',
            ),
            (
                "/query?q=select%20Id%20from%20XYZZY",
                400,
                '[{"message":"\\nselect Id from XYZZY\\n               ^\\nERROR at'
                " Row:1:Column:16\\nsObject type 'XYZZY' is not supported. If you are attempting to"
                " use a custom object, be sure to append the '__c' after the entity name. Please"
                " reference your WSDL or the describe call for the appropriate names."
                '","errorCode":"INVALID_TYPE"}]',
            ),
            (
                "/query?q=select%20count()%20from%20XYZZY",
                400,
                '[{"message":"\\nselect count() from XYZZY\\n                    ^\\nERROR at'
                " Row:1:Column:21\\nsObject type 'XYZZY' is not supported. If you are attempting to"
                " use a custom object, be sure to append the '__c' after the entity name. Please"
                " reference your WSDL or the describe call for the appropriate names."
                '","errorCode":"INVALID_TYPE"}]',
            ),
            (
                "/query?q=select%20count()%20from%20User%20where%20CommunityNickname%20!=%20null",
                200,
                '{"totalSize":5,"done":true,"records":[]}',
            ),
            (
                f"/query?q=SELECT%20Id%20FROM%20Contact%20WHERE%20Id%3D%27{ACCOUNT}%27",
                200,
                '{"totalSize":0,"done":true,"records":[]}',
            ),
            (
                f"/sobjects/Account/{ACCOUNT}?fields=Id,Name",
                200,
                '{"attributes":{"type":"Account","url":"/services/data/v62.0/sobjects/Account/'
                '0010C0000000001QAA"},"Id":"0010C0000000001QAA","Name":"Müller"}',
            ),
            (
                "/query?q=SELECT%20Id%2CAccount.Name%20FROM%20Contact",
                200,
                '{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Contact","url":'
                '"/services/data/v62.0/sobjects/Contact/0030C0000000001QAA"},'
                '"Id":"0030C0000000001QAA","Account":null}]}',
            ),
            (
                "/query/0r8xx5R2sM3DgWhASK-2000",
                400,
                '[{"message":"invalid query locator","errorCode":"INVALID_QUERY_LOCATOR"}]',
            ),
            (
                "/limits",
                200,
                '{"DailyApiRequests":{"Max":15000,"Remaining":14999}}',
            ),
        ],
    )
    def test_body(self, salesforce: Simulator, path: str, status: int, body: str) -> None:
        response = get(salesforce, DATA + path)
        assert response.status_code == status
        assert response.content.decode() == body

    @pytest.mark.parametrize(
        ("kind", "status", "body"),
        [
            (
                "expired-token",
                401,
                '[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]',
            ),
            (
                "not-valid-for-rest",
                401,
                '[{"message":"This session is not valid for use with the REST API",'
                '"errorCode":"INVALID_SESSION_ID"}]',
            ),
            (
                "quota",
                403,
                '[{"message":"TotalRequests Limit exceeded.",'
                '"errorCode":"REQUEST_LIMIT_EXCEEDED"}]',
            ),
        ],
    )
    def test_fault(self, salesforce: Simulator, kind: str, status: int, body: str) -> None:
        salesforce.fail(kind)
        response = get(salesforce, f"{DATA}/limits")
        assert (response.status_code, response.text) == (status, body)

    def test_composite(self, salesforce: Simulator) -> None:
        one = f"/query?q=SELECT%20Id%20FROM%20Contact%20WHERE%20Id%3D%27{ACCOUNT}%27"
        response = composite(salesforce, one=one, rec="/sobjects/Nope/1")
        assert response.status_code == 200
        assert response.text == (
            '{"compositeResponse":[{"body":{"totalSize":0,"done":true,"records":[]},'
            '"httpHeaders":{},"httpStatusCode":200,"referenceId":"one"},'
            '{"body":[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}],'
            '"httpHeaders":{},"httpStatusCode":404,"referenceId":"rec"}]}'
        )

    @pytest.mark.parametrize(
        ("form", "body"),
        [
            (
                {"client_id": "x", "client_secret": "y"},
                '{"error":"invalid_client_id","error_description":"client identifier invalid"}',
            ),
            (
                {"client_id": "click-to-dial-local", "client_secret": "y"},
                '{"error":"invalid_client","error_description":"invalid client credentials"}',
            ),
            (
                {"grant_type": "password", "username": "a", "password": "b"},
                '{"error":"invalid_grant","error_description":"authentication failure"}',
            ),
        ],
    )
    def test_refused_login(self, salesforce: Simulator, form: dict[str, str], body: str) -> None:
        response = log_in(salesforce, **form)
        assert (response.status_code, response.text) == (400, body)
        assert salesforce.logins == 0

    def test_indented_when_asked_to(self, salesforce: Simulator) -> None:
        salesforce.fail("expired-token")
        assert get(salesforce, f"{DATA}/limits", **{"X-PrettyPrint": "1"}).text == (
            '[ {\n  "message" : "Session expired or invalid",\n'
            '  "errorCode" : "INVALID_SESSION_ID"\n} ]'
        )


class TestHeaders:
    def test_of_an_answer(self, salesforce: Simulator) -> None:
        headers = get(salesforce, f"{DATA}/sobjects/Account/{ACCOUNT}").headers
        assert headers["Content-Type"] == "application/json;charset=UTF-8"
        assert headers["Sforce-Limit-Info"] == "api-usage=1/15000"
        assert headers["Server"] == "sfdcedge"
        assert headers["Vary"] == "Accept-Encoding"
        assert headers["Last-Modified"] == "Fri, 01 May 2026 07:25:37 GMT"
        assert headers["ETag"].endswith('--gzip"')
        assert headers["X-SFDC-Request-Id"]

    def test_no_usage_where_no_call_is_counted(self, salesforce: Simulator) -> None:
        assert "Sforce-Limit-Info" not in get(salesforce, "/services/data").headers
        login = log_in(salesforce).headers
        assert "Sforce-Limit-Info" not in login
        assert login["Cache-Control"] == "no-cache,must-revalidate,max-age=0,no-store,private"
        assert salesforce.api_calls == 0


class TestLogin:
    def test_keys_and_a_good_token(self, salesforce: Simulator) -> None:
        body = log_in(salesforce).json()
        assert list(body) == [
            *("access_token", "signature", "scope", "instance_url", "id", "token_type"),
            "issued_at",
        ]
        assert body["instance_url"] == salesforce.url
        authorization = f"Bearer {body['access_token']}"
        assert get(salesforce, f"{DATA}/limits", Authorization=authorization).ok
        assert salesforce.logins == 1

    def test_a_rotated_secret(self, salesforce: Simulator) -> None:
        old = (salesforce.client_id, salesforce.client_secret)
        salesforce.client_secret = "new"
        form = {"client_id": old[0], "client_secret": old[1]}
        assert log_in(salesforce, **form).json()["error"] == "invalid_client"
        assert log_in(salesforce, **form | {"client_secret": "new"}).ok

    def test_userinfo(self, salesforce: Simulator) -> None:
        authorization = f"Bearer {salesforce.log_in()}"
        good = get(salesforce, "/services/oauth2/userinfo", Authorization=authorization)
        assert good.json()["organization_id"] == "00D0C0000000001UAA"
        salesforce.expire_tokens()
        bad = get(salesforce, "/services/oauth2/userinfo", Authorization=authorization)
        assert (bad.status_code, bad.text) == (403, "Bad_OAuth_Token")


class TestComposite:
    def test_counts_as_one_call(self, salesforce: Simulator) -> None:
        one = "/query?q=SELECT+Id+FROM+User"
        assert composite(salesforce, a=one, b=one, c=one).ok
        assert salesforce.api_calls == 1

    def test_of_too_many_queries(self, salesforce: Simulator) -> None:
        response = composite(salesforce, **{f"q{n}": "/query?q=x" for n in range(6)})
        assert response.status_code == 400
        assert response.json()[0]["errorCode"] == "LIMIT_EXCEEDED"

    def test_resolves_references(self, salesforce: Simulator) -> None:
        by_prefix = quote("SELECT QualifiedApiName FROM EntityDefinition WHERE KeyPrefix = '003'")
        answers = composite(
            salesforce,
            ent=f"/query?q={by_prefix}",
            rec=f"/sobjects/@{{ent.records[0].QualifiedApiName}}/{CONTACT}?fields=Id",
            bad=f"/sobjects/@{{ent.records[7].QualifiedApiName}}/{CONTACT}",
        ).json()["compositeResponse"]
        assert answers[1]["body"]["Id"] == CONTACT
        assert answers[2]["httpStatusCode"] == 400
        assert answers[2]["body"] == [
            {
                "errorCode": "PROCESSING_HALTED",
                "message": "Invalid reference specified. No value for"
                " ent.records[7].QualifiedApiName found in ent. Provided referenceId"
                " ('ent.records[7].QualifiedApiName') must start with a letter or a number, and it"
                " can contain only letters, numbers and underscores ('_').",
            }
        ]

    def test_a_null_is_a_value_only_of_a_row(self, salesforce: Simulator) -> None:
        row = f"/sobjects/Contact/{CONTACT}?fields=AccountId"
        accounts = "/query?q=SELECT+Id+FROM+Account+WHERE+Name='@{parent.%s}'"
        of_row = composite(salesforce, parent=row, accounts=accounts % "AccountId")
        parent = "/query?q=SELECT+AccountId+FROM+Contact"
        of_query = composite(salesforce, parent=parent, accounts=accounts % "records[0].AccountId")
        assert [
            response.json()["compositeResponse"][1]["httpStatusCode"]
            for response in (of_row, of_query)
        ] == [200, 400]

    def test_one_subrequest_fails_alone(self, salesforce: Simulator) -> None:
        salesforce.fail("subrequest-agent", times=1, error="no-access")
        one = "/query?q=SELECT+Id+FROM+User"
        answers = composite(salesforce, record=one, agent=one).json()["compositeResponse"]
        assert [answer["httpStatusCode"] for answer in answers] == [200, 403]


class TestPaging:
    def test_follows_next_records_url(self, salesforce: Simulator) -> None:
        salesforce.page_size = 2
        page = soql(salesforce, "SELECT CommunityNickname FROM User ORDER BY Id").json()
        assert (page["totalSize"], page["done"]) == (5, False)
        found = page["records"]
        while not page["done"]:
            page = get(salesforce, page["nextRecordsUrl"]).json()
            found += page["records"]
        assert [user["CommunityNickname"] for user in found] == [f"agent{n}" for n in range(1, 6)]


class TestRefusals:
    def test_an_unknown_token(self, salesforce: Simulator) -> None:
        response = get(salesforce, f"{DATA}/limits", Authorization="Bearer nope")
        assert response.json()[0]["errorCode"] == "INVALID_SESSION_ID"

    def test_a_malformed_authorization(self, salesforce: Simulator) -> None:
        response = get(salesforce, f"{DATA}/limits", Authorization="nope")
        assert response.json()[0]["errorCode"] == "INVALID_AUTH_HEADER"
        assert response.headers["WWW-Authenticate"] == "Token"

    def test_the_quota(self, salesforce: Simulator) -> None:
        salesforce.daily_calls = 1
        assert get(salesforce, f"{DATA}/limits").ok
        response = get(salesforce, f"{DATA}/limits")
        assert response.status_code == 403
        assert response.json()[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"

    def test_a_hidden_field(self, salesforce: Simulator) -> None:
        salesforce.org.set_field("Contact.DoNotCall", visible=False)
        assert soql(salesforce, "SELECT DoNotCall FROM Contact").status_code == 400
        described = get(salesforce, f"{DATA}/sobjects/Contact/describe").json()
        assert "DoNotCall" not in {field["name"] for field in described["fields"]}

    def test_versions(self, salesforce: Simulator) -> None:
        versions = get(salesforce, "/services/data").json()
        assert versions[-1] == {
            "label": "Winter '27",
            "url": "/services/data/v68.0",
            "version": "68.0",
        }

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/services/data/v69.0/limits", 404),
            ("/services/data/v99.0/limits", 404),
            ("/services/data/v20.0/limits", 410),
            ("/services/apexrest/nope", 404),
            (f"{DATA}/query?q={'x' * 17_000}", 414),
        ],
    )
    def test_other_paths(self, salesforce: Simulator, path: str, status: int) -> None:
        assert get(salesforce, path).status_code == status
