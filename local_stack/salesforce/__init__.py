"""A simulator of the part of Salesforce that click-to-dial speaks with, a program of its own.

    python -m local_stack.salesforce --port 3001 --org local_stack/demo_org.json

It answers client-credentials logins, userinfo, introspect, /services/data, and of each API version
query (with pages), composite, describe, rows and limits, as reference recordings of Salesforce do.
It counts API calls against the daily quota, expires tokens, and hides what it is told to hide.

Commands, all with JSON bodies (none of these exist in Salesforce):

    POST   /_simulator/faults         {"kind": "...", "times": 1, "path": "composite", "seconds": 5}
    DELETE /_simulator/faults         all failures off
    GET    /_simulator/stats          logins (granted), api_calls, requests by resource
    DELETE /_simulator/stats          start counting anew
    POST   /_simulator/tokens/expire  no token given out so far is good any more
    POST   /_simulator/secret         {"client_secret": "..."}, the only one accepted from now on
    POST   /_simulator/quota          {"max": 100, "used": 99}
    POST   /_simulator/records        {"Contact": [{"Id": "...", ...}]}: adds rows or replaces them
    POST   /_simulator/fields         {"Contact.DoNotCall": false}: hidden by field-level security;
                                      true: there (again), and null where no row holds it

A fault without `times` lasts until it is cleared; `path` is a part of the paths it is for (all
without one, the login too, so mind which request takes a fault that happens once). Kinds:

- of the REST API: expired-token, not-valid-for-rest, invalid-auth-header, quota, no-access,
  api-disabled, not-found, invalid-field, malformed-id, query-timeout, lock-row, version-retired,
  server-error-json, unavailable-503
- of one subrequest, named by its referenceId, its siblings succeeding: subrequest-record,
  subrequest-agent, ... with "error": one of the kinds above (server-error-json)
- of the login: login-invalid-client-id, login-invalid-client, login-authentication-failure,
  login-wrong-domain, login-no-run-as-user, login-not-approved, login-app-access, login-audience,
  login-expired, login-rate, login-unsupported-grant
- not from Salesforce: server-error-html, unavailable-html, login-page-200, empty (200 without a
  body), redirect (to "location"), wrong-types (valid JSON of other types), answer (any "status",
  "body", "text", "headers", "content_type")
- of the connection: reset (TCP RST), reset-kept-alive (from the second request of a connection on),
  close (without an answer), delay (by "seconds"), drip (byte for byte, in all "seconds"), hang
  (until cleared), truncated

In a test, `running` starts the same thing in the process:

    with running({"Contact": [{"Id": "0030C00000000010AA"}]}) as salesforce:
        salesforce.fail("quota", times=1)
        ...
        assert salesforce.logins == 1
"""

from local_stack.salesforce.server import running
from local_stack.salesforce.state import Simulator

__all__ = ["Simulator", "running"]
