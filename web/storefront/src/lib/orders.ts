/** Access tokens of the orders placed in this browser: whoever holds one may read that order. */
import { forget, remember, rememberedJson } from './storage'

const KEY = 'hanse.orders'

function isTokens(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && Object.values(value).every((token) => typeof token === 'string')
}

function tokens(): Record<string, string> {
  return rememberedJson(KEY, isTokens) ?? {}
}

export function orderToken(orderId: string): string | null {
  const known = tokens()
  return Object.hasOwn(known, orderId) ? (known[orderId] ?? null) : null
}

export function keepOrderToken(orderId: string, token: string): void {
  remember(KEY, JSON.stringify({ ...tokens(), [orderId]: token }))
}

export function forgetOrderToken(orderId: string): void {
  const { [orderId]: _gone, ...rest } = tokens()
  if (Object.keys(rest).length > 0) remember(KEY, JSON.stringify(rest))
  else forget(KEY)
}

export function forgetOrderTokens(): void {
  forget(KEY)
}

/** The token in an address like `/orders/ord_…#token=…`, as mails carry it: a fragment never reaches a server's log. */
export function tokenInFragment(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get('token')
}
