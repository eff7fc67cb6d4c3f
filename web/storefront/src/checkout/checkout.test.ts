/** Buying once and only once: attempts, their answers, and what an order's state offers. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { CheckoutRequest } from '@hanse/api'
import { cartWith, orderWith, problem, Shop } from '../../test/shop'
import { orderToken } from '../lib/orders'
import { addressOf, emptyForm, formOf, looksLikeEmail, missingFields } from './address'
import { Attempts, newIdempotencyKey } from './attempt'
import { actionUrl, canCancel, canPay, isBought } from './order-state'
import { payAgain, placeOrder } from './place'

const request: CheckoutRequest = {
  cart_id: 'cart_1',
  cart_version: 3,
  expected_total: { amount: 2890, currency: 'EUR' },
  payment: { provider: 'test', token: 'tok_success' },
}

let clock = 1_000_000
let keys = 0
const attempts = () => new Attempts<CheckoutRequest>('test.attempt', () => clock, () => `key-${++keys}`)
const noWait = () => Promise.resolve()

beforeEach(() => {
  localStorage.clear()
  clock = 1_000_000
  keys = 0
})

describe('an attempt', () => {
  it('keeps its key over a reload and for the same request only', () => {
    const first = attempts().open(request)
    expect(attempts().open({ ...request })).toEqual(first)
    expect(attempts().open({ ...request, cart_version: 4 }).key).not.toBe(first.key)
  })

  it('is resumed by itself while young, repeated by hand later, and forgotten before the shop forgets its key', () => {
    const { key } = attempts().open(request)
    expect(attempts().interrupted()?.key).toBe(key)
    clock += 16 * 60_000
    expect(attempts().interrupted()).toBeNull()
    expect(attempts().open(request).key).toBe(key)
    clock += 71 * 3_600_000
    expect(attempts().current()).toBeNull()
  })

  it('has a key that nobody guesses', () => {
    expect(newIdempotencyKey()).toMatch(/^[0-9a-f]{40}$/)
    expect(newIdempotencyKey()).not.toBe(newIdempotencyKey())
  })
})

describe('placing an order', () => {
  const place = (slot: Attempts<CheckoutRequest>) => placeOrder(slot, slot.open(request), noWait)

  it('sends the key, keeps the order token and closes the attempt', async () => {
    const shop = new Shop().on('POST /api/store/checkout', [201, orderWith()]).open()
    const slot = attempts()
    expect((await place(slot)).kind).toBe('order')
    expect(shop.calls[0]?.headers.get('Idempotency-Key')).toBe('key-1')
    expect(shop.calls[0]?.body).toEqual(request)
    expect(orderToken('ord_1')).toBe('secret')
    expect(slot.current()).toBeNull()
  })

  it('repeats the same request with the same key while no answer comes', async () => {
    const replies = [new TypeError('connection lost'), problem(503, 'overloaded'), problem(409, 'idempotency_in_flight')]
    const shop = new Shop().on('POST /api/store/checkout', () => replies.shift() ?? [202, orderWith({ status: 'pending' })]).open()
    expect((await place(attempts())).kind).toBe('order')
    expect(shop.calls.map((call) => call.headers.get('Idempotency-Key'))).toEqual(['key-1', 'key-1', 'key-1', 'key-1'])
  })

  it('keeps the attempt when the shop stays silent, so that trying again cannot buy twice', async () => {
    const shop = new Shop().on('POST /api/store/checkout', new TypeError('offline')).open()
    const slot = attempts()
    expect((await place(slot)).kind).toBe('unsettled')
    expect(shop.calls).toHaveLength(5)
    expect(slot.open(request).key).toBe('key-1')
  })

  it.each([
    ['total_changed', { cart: cartWith({ version: 4 }) }, 'total_changed'],
    ['cart_changed', {}, 'cart_changed'],
    ['cart_already_ordered', { order_id: 'ord_9' }, 'already_ordered'],
  ])('tells %s apart and lets the next attempt have its own key', async (code, more, kind) => {
    new Shop().on('POST /api/store/checkout', problem(409, code, more)).open()
    const slot = attempts()
    const outcome = await place(slot)
    expect(outcome.kind).toBe(kind)
    if (outcome.kind === 'already_ordered') expect(outcome.orderId).toBe('ord_9')
    if (outcome.kind === 'total_changed') expect(outcome.cart?.version).toBe(4)
    expect(slot.current()).toBeNull()
  })

  it('reports any other refusal with its problem', async () => {
    new Shop().on('POST /api/store/checkout', problem(422, 'validation', { detail: 'no' })).open()
    const outcome = await place(attempts())
    expect(outcome).toMatchObject({ kind: 'refused', problem: { code: 'validation', message: 'no' } })
  })
})

describe('paying again', () => {
  it('carries the order token and a key of its own', async () => {
    const shop = new Shop().on('POST /api/store/orders/*/payments', [201, orderWith()]).open()
    localStorage.setItem('hanse.orders', '{"ord_1":"secret"}')
    await payAgain('ord_1', { provider: 'test', token: 'tok_success' }, noWait)
    expect(shop.calls[0]?.headers.get('Authorization')).toBe('Order secret')
    expect(shop.calls[0]?.headers.get('Idempotency-Key')).toMatch(/^[0-9a-f]{40}$/)
    expect(shop.calls[0]?.body).toEqual({ provider: 'test', token: 'tok_success' })
  })
})

describe('an order', () => {
  it('offers what its state allows', () => {
    expect(canPay(orderWith({ status: 'awaiting_payment' }))).toBe(true)
    expect(canPay(orderWith())).toBe(false)
    expect(canCancel(orderWith())).toBe(true)
    expect(canCancel(orderWith({ fulfilment_status: 'partially_fulfilled' }))).toBe(false)
    expect(canCancel(orderWith({ status: 'cancelled' }))).toBe(false)
    expect([isBought(orderWith()), isBought(orderWith({ status: 'rejected' }))]).toEqual([true, false])
  })

  it('leads to web addresses only', () => {
    const withUrl = (url: string) => orderWith({ next_action: { type: 'redirect', url } })
    expect(actionUrl(withUrl('/test-bank/1'), 'http://shop.test/orders/1')).toBe('http://shop.test/test-bank/1')
    expect(actionUrl(withUrl('https://bank.example/3ds'), 'http://shop.test/')).toBe('https://bank.example/3ds')
    expect(actionUrl(withUrl('javascript:alert(1)'), 'http://shop.test/')).toBeNull()
    expect(actionUrl(orderWith(), 'http://shop.test/')).toBeNull()
  })
})

describe('an address', () => {
  it('survives the way to the shop and back', () => {
    const address = cartWith().shipping_address!
    expect(addressOf(formOf(address))).toEqual(address)
  })

  it('misses what is required in its country', () => {
    const form = { ...emptyForm('SE'), name: 'Ana', line1: 'Storgatan 1', postal_code: '211 34', city: ' ' }
    expect(missingFields(form)).toEqual(['city'])
    expect(missingFields({ ...form, city: 'Austin', country: 'US' })).toEqual(['region'])
  })

  it.each([['ana@example.org', true], ['a@b', false], ['a b@c.de', false], ['ana@ex..org', false], [' ana@example.org ', true]])('takes %s for a mail address: %s', (text, fine) => {
    expect(looksLikeEmail(text)).toBe(fine)
  })
})
