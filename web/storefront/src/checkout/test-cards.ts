/** The tokens of the built-in test provider, each played by a card that the visitor can pick. */
export const TEST_PROVIDER = 'test'

export const TEST_CARDS = [
  { token: 'tok_success', ending: '4242', text: 'success' },
  { token: 'tok_declined', ending: '0002', text: 'declined' },
  { token: 'tok_action_required', ending: '3155', text: 'action' },
  { token: 'tok_timeout', ending: '0408', text: 'timeout' },
  { token: 'tok_unknown_then_success', ending: '1771', text: 'unknownSuccess' },
  { token: 'tok_unknown_then_declined', ending: '1772', text: 'unknownDeclined' },
] as const
