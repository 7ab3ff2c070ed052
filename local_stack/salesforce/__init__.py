"""A simulator of the part of Salesforce that click-to-dial uses, and a program of its own.

    python -m local_stack.salesforce --port 3001 --org local_stack/demo_org.json

It answers client-credentials logins, userinfo, /services/data, and per API version query (with
pages), composite, describe, rows and limits, in the form of recorded responses of Salesforce. It
counts API calls against the daily quota, expires tokens, and hides fields on command.

Commands, all with JSON bodies (Salesforce has none of these):

    POST   /_simulator/faults         {"kind": "...", "times": 1, "path": "composite", "seconds": 5}
    DELETE /_simulator/faults         all faults off
    GET    /_simulator/stats          logins (granted), api_calls, requests by resource
    DELETE /_simulator/stats          reset the counters
    POST   /_simulator/tokens/expire  make all tokens invalid that were issued so far
    POST   /_simulator/secret         {"client_secret": "..."}: from now on the only valid one
    POST   /_simulator/quota          {"max": 100, "used": 99}
    POST   /_simulator/records        {"Contact": [{"Id": "...", ...}]}: add or replace rows
    POST   /_simulator/fields         {"Contact.DoNotCall": false}: hide a field, as field-level
                                      security does; true: show it, or declare one that no row has

A fault without `times` lasts until it is cleared. It applies to the paths that contain `path`: to
all without one, the login included. Kinds:

- of the REST API: expired-token, not-valid-for-rest, invalid-auth-header, quota, concurrency,
  api-unavailable, password-expired, no-access, api-disabled, not-found, invalid-object,
  invalid-field, malformed-id, query-timeout, lock-row, version-retired, server-error-json,
  unavailable-503
- of one subrequest of a composite request, named by its referenceId: subrequest-record,
  subrequest-agent, ... with "error": one of the kinds above (default: server-error-json)
- of the login: login-invalid-client-id, login-invalid-client, login-authentication-failure,
  login-wrong-domain, login-no-run-as-user, login-app-access, login-rate, login-unknown-error (a
  transient one), login-unsupported-grant
- not from Salesforce itself: server-error-html, unavailable-html, login-page-200, empty (200
  without a body), redirect (to "location"), wrong-types (valid JSON of other types), answer (any
  "status", "body", "text", "headers", "content_type")
- of the connection: reset (TCP RST), reset-kept-alive (from the second request of a connection),
  close (without a response), delay (by "seconds"), drip (byte by byte, for "seconds" in total),
  hang (until cleared), truncated

A test runs it in its own process:

    with running({"Contact": [{"Id": "0030C00000000010AA"}]}) as salesforce:
        salesforce.fail("quota", times=1)
        ...
        assert salesforce.logins == 1
"""

from local_stack.salesforce.server import running
from local_stack.salesforce.simulator import Simulator

__all__ = ["Simulator", "running"]
