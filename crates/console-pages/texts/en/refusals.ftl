# Refused calls.
refusals = Refusals
refusals-grouped = By caller and reason
refusals-each = Each call
refusals-none = No call was refused in this time.
refusals-none-found = No refused call matches these filters.
refusals-not-kept-hint = Of a flood, only the first calls of an hour are kept; the others are counted by caller and reason.
refusals-shown = { $count ->
    [one] One call shown, newest first
   *[other] { $count } calls shown, newest first
}
refusal-groups-caption = Callers and reasons, that of the latest call first
refused-call = The call
remedy = What mends it
remove-filter = Remove the filter
filter-chip = { $name }: { $value }
field-client = Client
field-request = Request ID
field-reason = Reason
field-address = Address
field-hours = Time
span-day = Last 24 hours
span-week = Last 7 days
span-fortnight = Last 14 days
by-hour = Last 24 hours
first-at = First
time = Time
route = Route
status = Status
request-id = Request ID
more-of-them = More of them
not-kept = { $count ->
    [one] one more counted, not kept
   *[other] { $count } more counted, not kept
}
check = Check
checks = Checks of the assertion
checks-caption = Every check, as of the call
check-result = Result
check-seen = Seen
check-rule = Rule
check-passed = Passed
check-failed = Failed
check-not-reached = Not reached
check-form = Three parts of base64url, of which two are JSON objects
check-iss = An enabled client that may use assertions
check-typ = JWT, or absent
check-alg = HS256
check-crit = Without crit and b64
check-mac = Made with a live secret of the client
check-sub = A string, not empty
check-aud = One of the accepted audiences, byte for byte
check-exp = Ahead, no further than the client may ask
check-nbf = Past, or absent
check-iat = Past, not too long ago, or absent
check-jti = A string of 1 to 256 bytes, or absent
check-email = An email address
check-name = At most 256 bytes, all of them visible, or absent
check-replay = Not used before, where assertions are single-use
explain-passes = The assertion passes every check. A token request with it would be accepted now.
explain-fails = { $count ->
    [one] The assertion fails one check.
   *[other] The assertion fails { $count } checks.
}
explain-another = Explain another assertion
field-assertion = Assertion
    .help = The value of the parameter assertion, three parts with dots between them.
