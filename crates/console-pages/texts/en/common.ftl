# What all pages share.
product = Partner console
skip = Skip to the content
as-of = As of
request = Request
continue = Continue
copy = Copy
copied = Copied
not-copied = Not copied
error-word = Error:
errors-heading = There is a problem
field-is-optional = (optional)

nav-label = Console
nav-menu = Menu
nav-run = Run
nav-partners = Partners
nav-service = Service
nav-control = Control
nav-overview = Overview
nav-refusals = Refusals
nav-callbacks = Deliveries
nav-customers = Customers
nav-clients = Clients
nav-invitations = Invitations
nav-persons = Persons
nav-market = Market
nav-keys = Keys
nav-audit = Audit
nav-staff = Staff

role-viewer = Viewer
role-operator = Operator
role-admin = Admin

pager-label = Pages
pager-newer = Newer
pager-older = Older

duration-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
duration-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
duration-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
duration-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
time-just-now = just now
time-ago = { $duration } ago
time-ahead = in { $duration }

flash-signed-out = You have signed out.
flash-saved = The changes are saved.
flash-unchanged = Nothing was changed: the form was as it is stored.
flash-session-ended = Your session has ended. Sign in to go on.
flash-form-expired = The page was open for too long, and nothing was done. Try again.

sparkline-words = { $count } in the last { $hours } hours, at most { $most } in one, from { $at } UTC
sparkline-none = None in the last { $hours } hours
problem-request = For questions, name this request:
problem-to-overview = Go to the overview
problem-to-sign-in = Go to sign in
problem-not-found = Page not found
    .body = There is no such page, or your role does not include it.
problem-unclear = Request not understood
    .body = The address or the form has a value that this page does not know. Nothing was changed.
problem-forgery = Form not accepted
    .body = The form was not sent by a page of this console, or the page was open for too long. Nothing was changed. Go back, reload the page and try again.
problem-method = Page not opened this way
    .body = This address only takes what a form sends. Nothing was changed.
problem-too-large = Form too large
    .body = The form has more text than the console takes. Nothing was changed. Shorten it and try again.
problem-host = Wrong address
    .body = This console does not answer under this name. Open it by the address that you were given.
problem-too-many = Too many tries
    .body = Wait a few minutes, then try again.
problem-internal = Something failed
    .body = The console made a mistake. It is logged. Try again; if it fails again, tell who runs the service.
problem-unavailable = Database not reachable
    .body = The console cannot read from the database right now. Tokens go on being issued and checked. Try again in a minute.

chart-as-table = Show as a table
chart-hour = Hour from
chart-count = Count
