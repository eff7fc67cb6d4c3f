/** Sends an attempt until the shop has answered for good, and says what its answer means for the visitor. */
import { isProblem, type ApiProblem, type Cart, type CheckoutRequest, type Order, type PaymentChoice } from '@hanse/api'
import { api } from '../lib/api'
import { keepOrderToken, orderToken } from '../lib/orders'
import { paymentAttempts, type Attempt, type Attempts } from './attempt'

export type Outcome =
  | { kind: 'order'; order: Order }
  /** Prices, shipping or tax moved since the total was shown; the cart is the one to ask about again, if it came along. */
  | { kind: 'total_changed'; cart: Cart | null }
  | { kind: 'cart_changed'; cart: Cart | null }
  | { kind: 'already_ordered'; orderId: string | null }
  | { kind: 'refused'; problem: ApiProblem }
  /** No final answer came: the attempt is kept, and sending it again is safe. */
  | { kind: 'unsettled'; problem: ApiProblem }

const PAUSES_MS = [400, 1_000, 2_000, 4_000]

type Pause = (milliseconds: number) => Promise<void>
const pause: Pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Repeats a call that is safe to repeat (it carries its key) while nobody knows whether it was carried out. */
export async function persistently<T>(call: () => Promise<T>, wait: Pause = pause): Promise<T> {
  for (const milliseconds of PAUSES_MS) {
    try {
      return await call()
    } catch (error) {
      if (!isProblem(error) || !error.unsettled) throw error
      await wait(milliseconds)
    }
  }
  return call()
}

export async function placeOrder(
  attempts: Attempts<CheckoutRequest>,
  attempt: Attempt<CheckoutRequest>,
  wait?: Pause,
): Promise<Outcome> {
  try {
    const order = await persistently(() => api().checkout(attempt.body, attempt.key), wait)
    if (order.access_token) keepOrderToken(order.id, order.access_token)
    attempts.close()
    return { kind: 'order', order }
  } catch (error) {
    if (!isProblem(error)) throw error
    if (error.unsettled) return { kind: 'unsettled', problem: error }
    attempts.close()
    return refusal(error)
  }
}

function refusal(problem: ApiProblem): Outcome {
  const cart = problem.body.cart ?? null
  switch (problem.code) {
    case 'total_changed':
      return { kind: 'total_changed', cart }
    case 'cart_changed':
      return { kind: 'cart_changed', cart }
    case 'cart_already_ordered':
      return { kind: 'already_ordered', orderId: problem.body.order_id ?? null }
    default:
      return { kind: 'refused', problem }
  }
}

/** Another payment for an order that still waits for one. */
export async function payAgain(orderId: string, payment: PaymentChoice, wait?: Pause): Promise<Order> {
  const attempts = paymentAttempts(orderId)
  const attempt = attempts.open(payment)
  try {
    const order = await persistently(() => api().payOrder(orderId, orderToken(orderId), attempt.body, attempt.key), wait)
    attempts.close()
    return order
  } catch (error) {
    if (isProblem(error) && !error.unsettled) attempts.close()
    throw error
  }
}
