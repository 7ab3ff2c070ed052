"""Values in SOQL: simple-salesforce's `format_soql`, whose sole importer this is.

Its package brings, besides, requests, and for SOAP and JWT zeep, lxml and cryptography: a multiple
of what a decision needs to import, and 30 MB of the layer.
"""

from click_to_dial.skip_imports import skip_imports

with skip_imports(
    {
        "simple_salesforce.api": {"Salesforce": None, "SFType": None},
        "simple_salesforce.bulk": {"SFBulkHandler": None},
        "simple_salesforce.bulk2": {"SFBulk2Handler": None},
        "simple_salesforce.login": {"SalesforceLogin": None},
    }
):
    from simple_salesforce.format import format_soql

__all__ = ["format_soql"]
