/**
 * One attempt at buying: the request and the idempotency key that it is always sent with. It is remembered before the
 * first byte leaves and forgotten only when the shop has answered for good, so that a reload, a second click or a second
 * tab repeats the same request and never buys twice.
 */
import type { CheckoutRequest, PaymentChoice } from '@hanse/api'
import { forget, remember, rememberedJson } from '../lib/storage'

export interface Attempt<Body> {
  key: string
  body: Body
  startedAt: number
}

/** The shop replays a key for 72 hours; a younger limit leaves room for its clock and ours to differ. */
const REPLAYED_FOR_MS = 70 * 3_600_000
/** After a reload an attempt this young goes on by itself: the visitor is still waiting for it. */
const RESUMED_FOR_MS = 15 * 60_000

export class Attempts<Body> {
  constructor(
    private readonly slot: string,
    private readonly now: () => number = Date.now,
    private readonly newKey: () => string = newIdempotencyKey,
  ) {}

  current(): Attempt<Body> | null {
    const attempt = rememberedJson<Attempt<Body>>(this.slot, isAttempt)
    if (attempt === null) return null
    if (this.now() - attempt.startedAt <= REPLAYED_FOR_MS) return attempt
    this.close()
    return null
  }

  /** The attempt to go on with after a reload, if there is one. */
  interrupted(): Attempt<Body> | null {
    const attempt = this.current()
    return attempt !== null && this.now() - attempt.startedAt <= RESUMED_FOR_MS ? attempt : null
  }

  /** The same request keeps its key; another one gets its own. */
  open(body: Body): Attempt<Body> {
    const known = this.current()
    if (known !== null && JSON.stringify(known.body) === JSON.stringify(body)) return known
    const attempt = { key: this.newKey(), body, startedAt: this.now() }
    remember(this.slot, JSON.stringify(attempt))
    return attempt
  }

  close(): void {
    forget(this.slot)
  }
}

export const checkoutAttempts = new Attempts<CheckoutRequest>('hanse.checkout')

export function paymentAttempts(orderId: string): Attempts<PaymentChoice> {
  return new Attempts<PaymentChoice>(`hanse.payment.${orderId}`)
}

export function cancelAttempts(orderId: string): Attempts<Record<string, never>> {
  return new Attempts(`hanse.cancel.${orderId}`)
}

/** `crypto.randomUUID` exists on secure origins only, and a shop on a local network may be reached without TLS. */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(20)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function isAttempt<Body>(value: unknown): value is Attempt<Body> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'key' in value &&
    typeof value.key === 'string' &&
    'startedAt' in value &&
    typeof value.startedAt === 'number' &&
    'body' in value
  )
}
