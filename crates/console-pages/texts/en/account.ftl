# One's own account.
account = Your account
account-sessions = Sessions
session-this = This session
session-since = since
session-seen = last used
session-end = End
session-end-others = End all other sessions
account-look = Language and colours
account-look-save = Save language and colours
field-language = Language
field-theme = Colours
language-of-browser = As the browser asks
theme-system = As the system is set
theme-light = Light
theme-dark = Dark
second-factor = Second factor
second-factor-on = On
second-factor-off = Off
second-factor-why = With a code from an app, a password that somebody else knows is not enough to sign in as you.
second-factor-add = Add an authenticator app
second-factor-remove = Remove the authenticator app
second-factor-scan = Scan this picture with your authenticator app, then enter the code that it shows.
second-factor-picture = Picture for an authenticator app
second-factor-type = Or type this key:
second-factor-code = Code
    .help = The six digits that the app shows now. This code then counts as used; the next sign-in needs the next one.
second-factor-confirm = Confirm the app
second-factor-wrong-code = This is not the code of the app. Enter the one that it shows now.
recovery-codes = Recovery codes
recovery-codes-left = { $count ->
    [one] { $count } recovery code is left.
   *[other] { $count } recovery codes are left.
}
recovery-codes-new = Make new recovery codes
recovery-codes-once = Keep these codes now. They are shown once.
recovery-codes-help = Each of them signs you in once when you have lost the app. Earlier codes are no longer good.
account-set-password = Set the password
account-new-password = New password
    .help = At least 12 characters. Your other sessions end.
account-company = Company sign-in
account-linked = Linked
account-link = Link with { $company }
flash-password-set = The password is set, and your other sessions have ended.
flash-sessions-ended = The sessions have ended.
flash-second-factor-removed = The authenticator app is removed.
flash-staff-added = The person can sign in now.
flash-linked = Your account is linked. You can sign in with the company now.
