"""Apex REST: a class for jtel's other calls, which describes the request in its answer."""

import base64

from werkzeug import Request

from local_stack.salesforce.responses import ApiError, ApiResponse

PREFIX = "/services/apexrest/"
CLASS = f"{PREFIX}jtelACD/"


def respond(request: Request) -> ApiResponse:
    """Return method, path, query and body (in base64) of a request. Raises ApiError."""
    if not request.path.startswith(CLASS):
        raise ApiError(404, "NOT_FOUND", "Could not find a match for URL", code_first=True)
    return ApiResponse(
        200,
        {
            "method": request.method,
            "path": request.path,
            "query": request.query_string.decode(),
            "contentType": request.headers.get("Content-Type", ""),
            "body": base64.b64encode(request.get_data()).decode(),
        },
    )
