# Invitations and persons.
find = Find
find-by-id = By identifier
find-by-candidate = By candidate
find-by-email = By e-mail address
find-by-applicant = By applicant
field-application = Application
    .help = Talentsoft’s identifier of the application.
field-email = E-mail address
    .help = It is not written to any log or address.
field-applicant = Applicant
    .help = Talentsoft’s identifier of the person.
customer-plain = Customer
customer-typed = Customer
    .help = Its whole name, or its identifier. Some names are suggested as you type.
invitations-none-found = No invitation was found.
    .next = It may have been erased, or the identifier is another one: compare it character by character.
invitations-shown = { $count ->
    [one] One invitation found
   *[other] { $count } invitations found, newest first
}
invitation-of = Invitation to { $campaign }
invitation-invited = Invited
invitation-started = Started
invitation-completed = Completed
invitation-expired = Expired
invitation-cancelled = Cancelled
invited = Invited
campaign = Campaign
application = Application
link-expires = Link expires
what-happened = What has happened
event-invited = The candidate was invited
event-viewed = The candidate opened the link
event-progressed = The platform told of progress
event-result = A result was stored
event-report = A report was stored
event-delivered = A callback was delivered
event-waiting = A callback waits
event-parked = A callback is parked
event-expired = The time was over
event-cancelled = It was called off
event-superseded = A new invitation took its place
person = Person
person-erased = Erased
person-of = Person { $reference }
person-reference = Reference
person-unknown = Nothing is held of this person.
persons-intro = Find a person to see what is held, or to erase it. Nobody is named in addresses, logs or the audit trail.
held = What is held
held-latest = Latest
held-invitations = { $count ->
    [one] 1 invitation
   *[other] { $count } invitations
}
held-reports = { $count ->
    [one] 1 report
   *[other] { $count } reports
}
held-uploads = { $count ->
    [one] 1 uploaded file
   *[other] { $count } uploaded files
}
held-callbacks = { $count ->
    [one] 1 callback
   *[other] { $count } callbacks
}
held-profiles = { $count ->
    [one] 1 profile
   *[other] { $count } profiles
}
held-nothing = Nothing is held of this person any more.
list-and = { $init } and { $last }
held-stays = What stays after erasing
    .why = The audit trail says that a person was erased, when and by whom, under the number of the receipt. It holds no data of the person. Counts of calls and deliveries name nobody.
erase = Erase the person
    .effect = Everything that is held of the person is deleted for good, at all customers.
erase-sentence = This erases { $what }. It cannot be undone. Type { $reference }, then press the button.
field-erase-reason = Reason
    .help = It is written to the audit trail. Name no person.
receipt = Receipt of an erasure
receipt-sentence = Erased: { $what }.
receipt-number = Receipt number
receipt-by = Erased by
receipt-note = This page holds no personal data. Print it for your files; the audit trail has the same number.
