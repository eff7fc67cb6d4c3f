/** What somebody shows besides the password: six digits of an app, or else a recovery code. */
import type { Challenge, ShownFactor } from '@hanse/api'

export function shownFactor(typed: string): ShownFactor {
  const plain = typed.replace(/\s/g, '')
  return /^\d{6}$/.test(plain) ? { code: plain } : { recovery_code: typed.trim() }
}

/** What an address brings along whose visitor comes back from a provider of logins, and has a second factor to show. */
export function challengeIn(hash: string): Challenge | null {
  const told = new URLSearchParams(hash.replace(/^#/, ''))
  const challenge = told.get('challenge')
  return challenge ? { challenge, methods: told.get('methods')?.split(' ') ?? [] } : null
}
