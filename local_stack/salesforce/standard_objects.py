"""Standard objects: the key prefixes, fields and relationships that dial plans are likely to use.

A field named here exists even if no row of the organisation's file has it.
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/
"""

SYSTEM_FIELDS = (
    "Id IsDeleted Name OwnerId CreatedDate CreatedById LastModifiedDate LastModifiedById"
    " SystemModstamp"
).split()

STANDARD_FIELDS = {
    "Account": (
        "Type Industry Phone Fax Website AccountNumber AccountSource Rating Ownership ParentId"
        " BillingStreet BillingCity BillingPostalCode BillingState BillingCountry"
        " BillingCountryCode ShippingCountry ShippingCountryCode AnnualRevenue NumberOfEmployees"
        " RecordTypeId IsPersonAccount PersonIndividualId"
    ),
    "Contact": (
        "FirstName LastName Salutation Title Department AccountId ReportsToId Phone MobilePhone"
        " HomePhone OtherPhone AssistantPhone Email LeadSource Birthdate DoNotCall"
        " HasOptedOutOfEmail HasOptedOutOfFax MailingCity MailingPostalCode MailingState"
        " MailingCountry MailingCountryCode OtherCountry OtherCountryCode RecordTypeId"
        " IndividualId"
    ),
    "Lead": (
        "FirstName LastName Salutation Title Company Status LeadSource Industry Rating Phone"
        " MobilePhone Email City PostalCode State Country CountryCode DoNotCall"
        " HasOptedOutOfEmail IsConverted ConvertedAccountId ConvertedContactId"
        " ConvertedOpportunityId RecordTypeId IndividualId"
    ),
    "Case": (
        "CaseNumber Subject Status Origin Priority Reason Type AccountId ContactId ParentId"
        " AssetId ContactPhone ContactMobile ContactEmail SuppliedPhone IsClosed IsEscalated"
        " RecordTypeId"
    ),
    "Opportunity": (
        "StageName Type LeadSource Amount Probability CloseDate AccountId ContactId CampaignId"
        " ForecastCategory IsClosed IsWon RecordTypeId"
    ),
    "User": (
        "Username FirstName LastName Email Alias CommunityNickname IsActive UserType Title"
        " Department Division CompanyName EmployeeNumber Extension Phone MobilePhone Fax Street"
        " City PostalCode State Country CountryCode ManagerId ProfileId UserRoleId"
        " FederationIdentifier TimeZoneSidKey LocaleSidKey LanguageLocaleKey"
    ),
    "Task": "Subject Status Priority WhoId WhatId AccountId CallType CallDisposition Phone Type",
    "Event": "Subject WhoId WhatId AccountId Type Location",
    "Campaign": "Type Status IsActive ParentId",
    "Contract": "Status AccountId ContractNumber",
    "Order": "Status Type AccountId OrderNumber",
    "ContactPointTypeConsent": (
        "PartyId ContactPointType PrivacyConsentStatus EffectiveFrom EffectiveTo CaptureDate"
        " CaptureSource DoubleConsentCaptureDate"
    ),
    "Asset": "Status AccountId ContactId Product2Id SerialNumber",
}

PREFIXES = {
    "001": "Account", "003": "Contact", "005": "User", "006": "Opportunity", "00Q": "Lead",
    "500": "Case", "00T": "Task", "00U": "Event", "701": "Campaign", "800": "Contract",
    "801": "Order", "02i": "Asset", "01t": "Product2", "01s": "Pricebook2", "00D": "Organization",
    "00e": "Profile", "00E": "UserRole", "00G": "Group", "012": "RecordType",
    "02s": "EmailMessage", "00k": "OpportunityLineItem", "0WO": "WorkOrder",
    "08p": "ServiceAppointment", "0PK": "Individual", "0Mw": "MessagingSession",
    "0LQ": "VoiceCall", "550": "Entitlement", "810": "ServiceContract",
    "068": "ContentVersion", "069": "ContentDocument",
}  # fmt: skip

_PARENTS = {
    "owner": "User", "createdby": "User", "lastmodifiedby": "User", "manager": "User",
    "reportsto": "Contact", "convertedaccount": "Account", "convertedcontact": "Contact",
    "convertedopportunity": "Opportunity", "userrole": "UserRole",
    "party": "Individual", "personindividual": "Individual", "product2": "Product2",
}  # fmt: skip

# Relationships whose parent can be one of several objects.
_POLYMORPHIC = {
    "who": ("Contact", "Lead"),
    "what": ("Account", "Asset", "Campaign", "Case", "Contract", "Opportunity", "Order"),
    "owner": ("Group", "User"),
}
NAME_FIELDS = (
    "Id Name Type Alias Email FirstName LastName Phone Title Username IsActive ProfileId"
    " RecordTypeId UserRoleId"
).split()
"""Fields of the object Name: those that Salesforce returns of a parent of several possible objects.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_name.htm
"""

_OWNED_BY_QUEUES = ("Case", "Event", "Lead", "Task")


def possible_parents(relationship: str, child: str) -> tuple[str, ...]:
    """Return the objects that a polymorphic relationship of `child` can lead to; () for others."""
    name = relationship.lower()
    if name == "owner" and child not in _OWNED_BY_QUEUES and not child.endswith("__c"):
        return ()
    return _POLYMORPHIC.get(name, ())


def parent_object(relationship: str, child: str) -> str | None:
    """Return the object that a standard relationship of `child` leads to; None for any other."""
    name = relationship.lower()
    if name == "parent":
        return child
    named_after = {standard.lower(): standard for standard in PREFIXES.values()}
    return _PARENTS.get(name) or named_after.get(name)
