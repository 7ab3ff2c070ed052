"""Facts about Salesforce's standard objects that hold in every organisation.

Objects and fields: https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_list.htm
"""

import re
from collections.abc import Mapping

OBJECTS = frozenset(
    """
    Account AccountContactRelation Asset AssociatedLocation Campaign CampaignMember Case Contact
    ContactPointAddress ContactPointConsent ContactPointEmail ContactPointPhone
    ContactPointTypeConsent ContactRequest ContentVersion Contract ContractLineItem EmailMessage
    Entitlement Event Group Individual Lead LiveChatTranscript Location MessagingEndUser
    MessagingSession Opportunity OpportunityContactRole OpportunityLineItem Order OrderItem
    Organization PartyConsent Pricebook2 Product2 Profile Quote RecordType ReturnOrder
    ServiceAppointment ServiceContract ServiceResource Solution Task User UserRole VoiceCall
    WorkOrder WorkOrderLineItem
    """.split()
)

SYSTEM_FIELDS = frozenset(
    "Id IsDeleted CreatedById CreatedDate LastModifiedById LastModifiedDate SystemModstamp".split()
)

_ADDRESS_PARTS = (
    "Street City State StateCode PostalCode Country CountryCode Latitude Longitude GeocodeAccuracy"
).split()


def _with_addresses(fields: str, *prefixes: str) -> frozenset[str]:
    parts = (f"{prefix}{part}" for prefix in prefixes for part in (*_ADDRESS_PARTS, "Address"))
    return frozenset((*fields.split(), *parts, *SYSTEM_FIELDS))


FIELDS: Mapping[str, frozenset[str]] = {
    "Account": _with_addresses(
        "AccountNumber AccountSource AnnualRevenue Description Fax FirstName Industry"
        " IsPersonAccount LastName Name NumberOfEmployees OperatingHoursId OwnerId Ownership"
        " ParentId PersonAssistantPhone PersonBirthdate PersonContactId PersonDepartment"
        " PersonDoNotCall PersonEmail PersonHasOptedOutOfEmail PersonHomePhone PersonIndividualId"
        " PersonLeadSource PersonMobilePhone PersonOtherPhone PersonTitle Phone Rating"
        " RecordTypeId Salutation Sic SicDesc Site TickerSymbol Type Website",
        "Billing", "Shipping", "PersonMailing", "PersonOther",
    ),
    "Contact": _with_addresses(
        "AccountId AssistantName AssistantPhone Birthdate Department Description DoNotCall Email"
        " Fax FirstName HasOptedOutOfEmail HasOptedOutOfFax HomePhone IndividualId LastName"
        " LeadSource MobilePhone Name OtherPhone OwnerId Phone RecordTypeId ReportsToId Salutation"
        " Title",
        "Mailing", "Other",
    ),
    "Lead": _with_addresses(
        "AnnualRevenue Company ConvertedAccountId ConvertedContactId ConvertedOpportunityId"
        " Description DoNotCall Email Fax FirstName HasOptedOutOfEmail HasOptedOutOfFax"
        " IndividualId Industry IsConverted LastName LeadSource MobilePhone Name NumberOfEmployees"
        " OwnerId Phone Rating RecordTypeId Salutation Status Title Website",
        "",
    ),
    "Case": _with_addresses(
        "AccountId AssetId BusinessHoursId CaseNumber ClosedDate ContactEmail ContactFax ContactId"
        " ContactMobile ContactPhone Description EntitlementId IsClosed IsEscalated Language Origin"
        " OwnerId ParentId Priority ProductId Reason RecordTypeId ServiceContractId SourceId Status"
        " Subject SuppliedCompany SuppliedEmail SuppliedName SuppliedPhone Type"
    ),
    "Opportunity": _with_addresses(
        "AccountId Amount CampaignId CloseDate ContactId ContractId Description ExpectedRevenue"
        " Fiscal ForecastCategory ForecastCategoryName HasOpportunityLineItem IsClosed IsPrivate"
        " IsWon LeadSource Name NextStep OwnerId Pricebook2Id Probability RecordTypeId StageName"
        " TotalOpportunityQuantity Type"
    ),
    "Task": _with_addresses(
        "AccountId ActivityDate CallDisposition CallDurationInSeconds CallType Description IsClosed"
        " IsHighPriority OwnerId Priority RecordTypeId Status Subject TaskSubtype Type WhatId WhoId"
    ),
    "Event": _with_addresses(
        "AccountId ActivityDate ActivityDateTime Description DurationInMinutes EndDateTime"
        " IsAllDayEvent IsPrivate Location OwnerId RecordTypeId StartDateTime Subject Type WhatId"
        " WhoId"
    ),
    "CampaignMember": _with_addresses(
        "AccountId CampaignId City CompanyOrAccount ContactId Country Description DoNotCall Email"
        " Fax FirstName FirstRespondedDate HasOptedOutOfEmail HasResponded LastName LeadId"
        " LeadOrContactId LeadSource MobilePhone Name Phone PostalCode State Status Street Title"
        " Type"
    ),
    "User": _with_addresses(
        "AboutMe AccountId Alias CallCenterId CommunityNickname CompanyName ContactId"
        " DelegatedApproverId Department Division Email EmployeeNumber Extension Fax"
        " FederationIdentifier FirstName IndividualId IsActive LanguageLocaleKey LastName"
        " LocaleSidKey ManagerId MobilePhone Name Phone ProfileId TimeZoneSidKey Title UserRoleId"
        " UserType Username",
        "",
    ),
}  # fmt: skip
"""Fields of standard objects. Which of them exist depends on features of the organisation."""

FIELDS_OF_CUSTOM_OBJECTS = SYSTEM_FIELDS | frozenset(
    "Name OwnerId RecordTypeId CurrencyIsoCode LastActivityDate LastReferencedDate LastViewedDate"
    " SetupOwnerId".split()
)
"""Standard fields that custom objects and custom settings have."""

CHECKBOX = re.compile(r"(.+\.)?((Person)?DoNotCall|(Person)?HasOptedOut\w+|Is[A-Z][A-Za-z]+)")
"""Paths to standard fields that are checkboxes."""

_COMPOUND = re.compile(rf"(.*?)({'|'.join(sorted(_ADDRESS_PARTS, key=len, reverse=True))})")
_NAME_PARTS = ("FirstName", "LastName", "MiddleName", "Salutation", "Suffix")

_PARENTS = {
    "Owner": "User", "CreatedBy": "User", "LastModifiedBy": "User", "Manager": "User",
    "DelegatedApprover": "User", "ReportsTo": "Contact", "ConvertedAccount": "Account",
    "ConvertedContact": "Contact", "ConvertedOpportunity": "Opportunity", "Product": "Product2",
    "PersonContact": "Contact", "PersonIndividual": "Individual", "Party": "Individual",
}  # fmt: skip
_OWNED_BY_QUEUES = ("Case", "Lead", "Task", "Event")
_POLYMORPHIC = ("Who", "What", "LeadOrContact", "Source")


def is_custom(name: str) -> bool:
    """Return whether a name is that of a custom object, field or relationship."""
    return "__" in name


def compound_field(object_name: str, field: str) -> str | None:
    """Return the compound field of which `field` is a part: MailingAddress of MailingCity."""
    if is_custom(field):
        return None
    if field in _NAME_PARTS:
        return "Name"
    match = _COMPOUND.fullmatch(field)
    if match is None or f"{match[1]}Address" not in FIELDS.get(object_name, {f"{match[1]}Address"}):
        return None
    return f"{match[1]}Address"


def lookup_field(relationship: str) -> str:
    """Return the field that a relationship follows: AccountId of Account, Fleet__c of Fleet__r."""
    if relationship.endswith("__r"):
        return f"{relationship[:-1]}c"
    return f"{relationship}Id"


def parent_object(object_name: str, relationship: str) -> str | None:
    """Return the object that a relationship leads to; None if it can be one of several.

    The target of a custom relationship is assumed to have the same name, or to be the standard
    object of that name.
    """
    if relationship in _POLYMORPHIC:
        return None
    if relationship == "Owner" and (object_name in _OWNED_BY_QUEUES or is_custom(object_name)):
        return None
    if relationship == "Parent":
        return object_name
    if relationship.endswith("__r"):
        name = relationship.removesuffix("__r")
        return name if name in OBJECTS else f"{name}__c"
    return _PARENTS.get(relationship, relationship)


# Permissions --------------------------------------------------------------------------------------

WITHOUT_PERMISSIONS = frozenset("User Profile UserRole RecordType Group Organization".split())
"""Objects that object permissions and field permissions do not apply to, except custom fields."""

FOLLOWING = {"CampaignMember": "Campaign"}
"""Objects whose permissions are those of another object."""

ACTIVITIES = frozenset(("Task", "Event"))
"""Objects that the permission Access Activities applies to, and no object permissions."""

DEPENDENCIES = dict.fromkeys(("Contact", "Opportunity", "Contract", "Order", "Asset"), "Account")
"""Objects that can be read only by those who can read another one."""

_REQUIRED: Mapping[str, frozenset[str]] = {
    "Account": frozenset(("IsPersonAccount", "PersonContactId")),
    "Lead": frozenset(
        "Company Status IsConverted ConvertedAccountId ConvertedContactId"
        " ConvertedOpportunityId".split()
    ),
    "Case": frozenset(
        "CaseNumber Status IsClosed ContactEmail ContactFax ContactMobile ContactPhone".split()
    ),
    "Opportunity": frozenset(
        "CloseDate ContactId Fiscal ForecastCategory ForecastCategoryName HasOpportunityLineItem"
        " IsClosed IsWon Pricebook2Id StageName".split()
    ),
    "Task": frozenset(
        "AccountId CallDisposition CallDurationInSeconds CallType IsClosed IsHighPriority Priority"
        " Status Subject TaskSubtype".split()
    ),
    "Event": frozenset(
        "AccountId ActivityDate ActivityDateTime DurationInMinutes EndDateTime IsPrivate"
        " StartDateTime Subject".split()
    ),
    "Contract": frozenset("AccountId ContractNumber Status StatusCode".split()),
    "Order": frozenset("AccountId EffectiveDate OrderNumber Status StatusCode".split()),
    "ContactPointTypeConsent": frozenset("PartyId ContactPointType PrivacyConsentStatus".split()),
    "CampaignMember": FIELDS["CampaignMember"],
}
"""Standard fields that are required or computed, so that everyone who sees the record reads them.

They were compared with the profiles of system administrators in three public repositories, which
name every field that a permission set can contain.
"""


def permission_field(object_name: str, field: str) -> tuple[str, str] | None:
    """Return the object and the field that a permission to read `field` is given for.

    Return None if the field needs no permission and must not be in a permission set: required
    fields, names, and fields that Salesforce maintains.
    https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_fieldpermissions.htm
    Parts of an address have the permission of the address, and fields of a person account that of
    the contact.
    """
    if field.endswith("__pc"):
        return "Contact", f"{field[:-2]}c"
    if is_custom(field):
        return object_name, field
    if object_name.endswith("__mdt"):
        return None
    if field in SYSTEM_FIELDS or field in ("OwnerId", "RecordTypeId", "CurrencyIsoCode"):
        return None
    if object_name in WITHOUT_PERMISSIONS or field in _REQUIRED.get(object_name, ()):
        return None
    if field == "Name" and object_name not in ("Order", "Contract"):
        return None
    if object_name == "Account" and field.startswith("Person"):
        return permission_field("Contact", field.removeprefix("Person"))
    compound = compound_field(object_name, field)
    if compound == "Name":
        return None
    return object_name, compound or field
