/** Words of the question who one is, before what is hard to undo, in English; the other languages have the same keys. */
const stepUp = {
  title: 'Is it you?', undo: 'What you are about to do is hard to undo. Please show once more that it is you.', factor: 'Whoever works here shows two factors. Please show the second one that you have.', go: 'Go on', missing: 'Please enter a code.',
  recovery: 'Recovery code', byRecovery: 'Use a recovery code', notRecovery: 'Without a recovery code', passkey: 'Your device shows your passkey.',
  provider: 'Your account has no password here. Log in again: you come back to this page, and can do then what you were about to do.', again: 'Log in again with {provider}',
  none: 'Your account has nothing to show just now. Take a password first, by a link that we mail you.', toSecurity: 'To Security',
}

export type StepUpMessages = typeof stepUp
export default stepUp
