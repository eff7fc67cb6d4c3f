/** What somebody shows besides the password: six digits of an app, or else a recovery code. */
import type { ShownFactor } from '@hanse/api'

export function shownFactor(typed: string): ShownFactor {
  const plain = typed.replace(/\s/g, '')
  return /^\d{6}$/.test(plain) ? { code: plain } : { recovery_code: typed.trim() }
}
