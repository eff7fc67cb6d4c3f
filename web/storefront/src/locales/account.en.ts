/** Words of the pages about one's account, in English; the other languages have the same keys. */
const account = {
  logOut: 'Log out', toAccount: 'To your account', often: 'Too many attempts', wrong: 'This password is wrong.',
  oftenText: 'Please try again in {n} minute. | Please try again in {n} minutes.', orReset: 'Or choose a new password', missingPassword: 'Please enter your password.',
  login: { text: 'See your orders, and find your cart again on any device.', password: 'Password', refused: 'The email address or the password is wrong.', forgot: 'Forgot your password?', fresh: 'New here?', register: 'Open an account', factor: 'Your password is right. Please show your second factor.', anew: 'Log in as somebody else', tooLate: 'That took too long. Please log in again.' },
  providers: { or: 'Or log in with', with: 'Log in with {provider}', title: 'Logging in without your password', text: 'Whoever is logged in there gets into your account here.', never: 'not used yet', last: 'last used {date}', link: 'Link {provider}', unlink: 'Remove', unlinkOf: 'Remove {provider}', linked: '{provider} is linked', unlinked: '{provider} was removed', refused: '{provider} did not log you in', notLinked: '{provider} was not linked', lastWayIn: 'Nothing would be left to log in with. Please take a password first.' },
  refusedBy: {
    other: 'Please try again, or log in with your password.', other_browser: 'You set out from another browser, or cookies are off. Please begin again here.',
    expired: 'That took too long, or was done already. Please begin again.', cancelled: 'It was cancelled there.', provider_away: '{provider} does not answer just now. Your password works as ever.',
    provider_wrong: 'We could not make sure that the answer came from there. Please try again, or log in with your password.', no_address: 'It told us no email address, and an account needs one.', unverified: 'It has not confirmed your email address. If you have an account here, log in with your password, and link {provider} under Security.',
    link_first: 'Your email address has an account here. Log in with your password, and link {provider} under Security.', taken: 'It is linked with another account of this shop.', logged_out: 'You were logged out meanwhile. Please log in, and link it again.', too_many: 'Your account has as many linked as it can.',
  },
  takePassword: { title: 'Take a password', text: 'You log in without one so far. With a password you can also change your email address, and log in with {email}.', send: 'Send me a link' },
  register: { title: 'Open an account', text: 'Only what is needed: a name, an email address, a password.', send: 'Open the account', have: 'Have an account already?', sent: 'Please look into your mail', sentText: 'We have written to this address, and the mail says how to go on.' },
  home: { hello: 'Hello, {name}', unverified: 'Your email address is not confirmed yet', unverifiedText: 'Please follow the link that we mailed you when you opened the account.', again: 'Send the mail again', sent: 'The mail is on its way', sentText: 'The link in it works for two days.', data: 'Your details', name: 'Name', email: 'Email', security: 'Password, email and devices', pictures: 'Pictures of products' },
  orders: { title: 'Your orders', more: 'Show earlier orders', loaded: '{n} more order loaded | {n} more orders loaded', pieces: '{n} piece | {n} pieces', others: '{titles} and {n} more', empty: 'No orders yet', emptyText: 'What you order while you are logged in appears here.' },
  security: { title: 'Security', back: 'To the account' },
  change: {
    password: 'Change the password', current: 'Current password', passwordDone: 'Your new password is saved', passwordDoneText: 'All other devices were logged out.',
    email: 'Change the email address', emailNow: 'It is {email} now.', emailNew: 'New email address', emailSend: 'Send the link', emailSent: 'Please look into the mail of the new address', emailSentText: 'Your address changes once you follow the link in it.',
  },
  factors: {
    title: 'Two-step login', code: 'Code', codeHint: 'Six digits from your authenticator app, or one of your recovery codes.', appCode: 'Code that the app shows', wrong: 'This code is wrong or was used already. Please take the next one.',
    appText: 'Whoever logs in as you then needs a code of an authenticator app on your phone as well. Any app for one-time codes will do.', begin: 'Set up an app', scan: 'Scan this picture with your app, then type the code that it shows.', picture: 'QR code for your authenticator app', byHand: 'Or type this key into the app:', confirm: 'Switch on',
    on: 'An authenticator app is asked for', onSince: 'Since {date}, whoever logs in needs a code of your app.', left: 'No recovery codes are left. | {n} recovery code is left. | {n} recovery codes are left.',
    renew: 'New recovery codes', renewText: 'Your present recovery codes are good for nothing afterwards.', remove: 'Remove the app', removeText: 'Afterwards your account opens without its codes again.', removed: 'The app was removed', cancel: 'Cancel',
    recoveryTitle: 'Your recovery codes', recoveryText: 'Each opens your account once if you lose your phone. They are shown only now: keep them where you keep important papers.', copy: 'Copy', copied: 'The codes are copied', kept: 'I have kept them',
  },
  enrol: { title: 'First, a second factor', go: 'Set one up', have: 'You have a second factor, which you have not shown since you logged in here. Show it, and everything else opens.', show: 'Show it' },
  passkeys: {
    title: 'Passkeys', text: 'Log in with your fingerprint, your face or your device\u2019s code instead of a password.', impossible: 'This browser or this address of the shop cannot keep passkeys.', made: 'Added on {date}', used: 'Last used on {date}',
    add: 'Add a passkey', rename: 'Rename', renameOf: 'Rename {name}', remove: 'Remove', removeOf: 'Remove {name}', removeText: '{name} will not open your account any more.', name: 'What you call it', called: 'My device', nameWrong: 'Please take 1 to 60 characters.',
    use: 'Use a passkey', logIn: 'Log in with a passkey', cancelled: 'No passkey was shown. Please try again.', done: { add: 'The passkey was added', rename: 'The passkey was renamed', remove: 'The passkey was removed' },
  },
  // Who changes what `agree` says gives the text another name in lib/news.ts.
  news: { title: 'News by mail', agree: 'Yes, write to me now and then about new goods and offers.', note: 'You can change your mind in your account at any time.', to: 'To {email}.', yes: 'You will be written to', no: 'You will not be written to any more' },
  own: {
    title: 'Your data', text: 'Everything that this shop holds about you, in one file: account, addresses, orders, payments, mails.', download: 'Download my data', saved: 'The file is among your downloads.', delete: 'Delete my account', sure: 'Delete your account?', staff: 'Accounts of people who work here are ended by the owner of the shop.',
    warning: 'Your account, addresses and carts are deleted, and you are logged out everywhere. This cannot be undone.', stays: 'Orders stay in our books without your name and address, as the law demands. An order that is on its way keeps its address until it has arrived.',
    forGood: 'Delete for good', keep: 'Keep it', done: 'Your account is being deleted', doneText: 'It takes a moment only. You are welcome back at any time, as somebody new.',
  },
  sessions: { title: 'Where you are logged in', text: 'Do you not know one of these? End it, and change your password.', here: 'this device', unknown: 'Unknown device', program: 'A program', since: 'since {date}', end: 'Log out', endOf: 'Log out: {device}, since {date}', ended: '{device} was logged out', others: 'Log out all others', othersEnded: 'All other devices were logged out' },
  email: { title: 'Confirm your new address', text: 'One click, and this email address replaces the old one.', confirm: 'Confirm', done: 'Your new address counts from now on', doneText: 'Log in with it next time.', spentText: 'It was used, replaced by a newer one, or is too old.' },
  spent: 'This link is not good any more', password: { too_short: 'Please take at least 10 characters.', too_long: 'Please take at most 128 characters.', common: 'Everybody tries this one first. Please take another.', same_as_email: 'Please do not take your email address.', other: 'Please take another password.' },
  forgot: { title: 'Forgot your password?', text: 'Tell us your email address, and we send you a link to a new password.', send: 'Send the link', sent: 'Please look into your mail', sentText: 'If the address has an account, a link is on its way. It works for one hour.' },
  reset: { title: 'Choose a new password', password: 'New password', hint: 'At least 10 characters. A few words make a good one.', save: 'Save the password', done: 'Your new password is saved', doneText: 'All devices were logged out. Log in with the new password from now on.', spentText: 'It was used, replaced by a newer one, or is older than an hour.' },
  invitation: {
    title: 'Work with us', text: 'Hello {name}, you are asked to work here as {role}.', known: 'You have an account with {email} already: accept with its password.', fresh: 'Your account is opened with {email}.', accept: 'Accept the invitation',
    done: 'Welcome aboard', doneText: 'Log in with {email} from now on.', spentText: 'It was used, withdrawn, replaced by a newer one, or is older than a week. Ask whoever invited you for another one.',
  },
  verify: { title: 'Confirm your address', text: 'One click, and we know that this email address is yours.', confirm: 'Confirm', done: 'Your address is confirmed', doneText: 'Thank you.', spentText: 'It was used, replaced by a newer one, or is older than two days.' },
}

export type AccountMessages = typeof account
export default account
