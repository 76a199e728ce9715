# Customers and clients.
customers = Customers
customers-search = Name or identifier
customers-none = No customer is registered.
customers-none-found = No customer has this in its name or identifier.
customers-shown = { $count ->
    [one] One customer shown
   *[other] { $count } customers shown, by name
}
customer = Customer
customer-id = Customer ID
customer-new = Register a customer
customer-rename = Rename the customer
customer-no-clients = This customer has no client. Without one, nobody can call the API for it.
customer-more-clients = All clients of this customer
field-customer-name = Name
    .help = 1 to 200 characters. No other customer may have the same.
campaigns = Campaigns
campaigns-active = { $all ->
    [one] One campaign
   *[other] { $all } campaigns
}, { $active } active
subdomains = Subdomains
subdomains-more = and { $count } more
registered = Registered
none = None
never = Never
show = Show
clear = Clear
save = Save
cancel = Cancel
crumbs = Path
danger = Danger zone
type-reference = Type { $reference }, then press the button.
field-reference = Reference
    .help = Type it, then press the button.

clients = Clients
clients-search = Client ID or customer
field-search = Search
field-state = State
state-any = Any
state-enabled = Enabled
state-disabled = Disabled
clients-none = No client is registered.
clients-none-found = No client matches these filters.
clients-shown = { $count ->
    [one] One client shown
   *[other] { $count } clients shown
}
client = Client
client-id = Client ID
own-client = The partner’s own
unit = Unit
newest-secret = Newest secret
no-secret = No secret
last-token = Last token
last-used = last used
refused-day = Refused, 24 h
secrets = Secrets
client-no-secret = This client has no live secret, so it gets no token. Add one.
client-to-secrets = Manage secrets
client-to-refusals = See each refused call
client-change = Change settings
client-tokens = { $count ->
    [one] One token in the last 24 hours
   *[other] { $count } tokens in the last 24 hours
}
client-refusals = { $count ->
    [one] One call refused in the last 24 hours
   *[other] { $count } calls refused in the last 24 hours
}
client-new = Register a client
    .intro = The client gets an identifier and a secret. The secret is shown once, after registering.
client-settings = Settings
client-disable = Disable the client
    .effect = The client gets no tokens, and those it has are refused, until it is enabled again.
client-enable = Enable the client
    .effect = The client may get and use tokens again.
client-end-tokens = End all tokens
    .effect = All tokens that the client has now are refused for good. It may get new ones.
snippets = Get a token
snippets-environment = Put the secret into the environment variable CLIENT_SECRET, then run one of these.
snippets-assertions = This client gets tokens by assertions that it signs with its secret. To see what is wrong with one:
explain = Explain an assertion
    .intro = Paste an assertion. It is checked as a token request would at this moment, but not used up and not kept.

settings-access = Access
settings-assertions = Assertions and callbacks
settings-market = Market data
settings-admin = Administration
field-customer-id = Customer
    .help = Whose data the client sees. Leave it empty for a client of the partner’s own.
client-customer-typed = Customer
    .help = Whose data the client sees: enter the whole name, or the identifier. Leave it empty for a client of the partner’s own.
field-client-id = Client ID
    .help = Leave it empty to have one made, or enter the one that Talentsoft gave you.
field-client-secret = Secret
    .help = Leave it empty to have one made, or enter the one that Talentsoft gave you, 32 characters or longer.
field-organisational-unit = Organisational unit
    .help = The unit of the customer that the client is for.
field-grants = Grants
    .help = How the client gets tokens.
field-scopes = Scopes
    .help = Which APIs it may call.
field-token-ttl-seconds = Lifetime of tokens
    .help = From 60 to 3,600. Empty: as the service is configured.
    .unit = seconds
field-requests-per-second = Rate limit
    .help = For each API. Empty: no limit.
    .unit = requests a second
field-expires-in-format = Type of expires_in
    .help = How token responses write the lifetime. Talentsoft expects a string.
field-audiences = Audiences
    .help = Values of aud that its assertions may name, one a line. Empty: the service’s own URLs.
field-max-assertion-ttl-seconds = Longest lifetime of assertions
    .help = From 60 to 86,400.
    .unit = seconds
field-clock-skew-seconds = Tolerated difference of clocks
    .help = From 0 to 300.
    .unit = seconds
field-replay-policy = Assertions presented again
    .help = Which assertions are good only once.
field-callback-hosts = Hosts of callbacks
    .help = Hosts that callback URLs of its invitations may name, one a line. Empty: no callbacks.
field-entitlements = Entitlements
    .help = What it may do with market data beyond its scopes.
field-quota = Quota
    .help = Normalizations in a month or a year, such as 50/year. Empty: no limit.
field-admin-networks = Networks of admins
    .help = Where its tokens with scope admin may be used from, such as 203.0.113.0/24, one a line. Empty: anywhere.
grant-client-credentials = Client credentials
    .help = The client presents its identifier and secret.
grant-jwt-bearer = Assertions
    .help = Talentsoft signs an assertion for a user with the client’s secret.
scope-videos = Video interviews
scope-assessments = Assessments
scope-profiles = Profiles
scope-occupation-benchmark = Occupation benchmark
scope-lightcast-open-free = Titles, open tier
scope-emsi-open = Titles, expanded tier
scope-platform = The partner’s own platform
scope-admin = Administration
scope-introspect = Introspection of all tokens
entitlement-titles-normalize = Normalize titles one at a time
entitlement-titles-normalize-bulk = Normalize titles in bulk
entitlement-titles-mapping = Mapping of titles to occupations and skills
replay-if-jti = Those with a jti are good once
replay-always = All are good once
replay-off = None is limited to once
expires-in-string = String
expires-in-number = Number

conflict = Nothing was saved
    .sentence = { $who } made another change on { $when }, after you opened this page. Nothing was saved; your changes are below.
conflict-field = Setting
conflict-stored = Stored now
conflict-entered = Your entry
