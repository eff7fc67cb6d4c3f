/** Placing the order from the page: one attempt at a time, its outcome, and where to go with it. */
import type { CheckoutRequest, Money } from '@hanse/api'
import { ref, shallowRef } from 'vue'
import { useRouter } from 'vue-router'
import { orderToken } from '@/lib/orders'
import { useAccount } from '@/stores/account'
import { useCart } from '@/stores/cart'
import { checkoutAttempts, type Attempt } from './attempt'
import { isBought, isMoving } from './order-state'
import { placeOrder, type Outcome } from './place'

/** `onOrder` is told once there is an order; the page does not wait for what it does. */
export function usePlacing(onOrder: () => void) {
  const router = useRouter()
  const cart = useCart()
  const account = useAccount()
  const busy = ref(false)
  const resuming = ref(false)
  const outcome = shallowRef<Exclude<Outcome, { kind: 'order' }> | null>(null)
  /** The total that the visitor agreed to, to show beside a changed one. */
  const before = shallowRef<Money | null>(null)

  async function place(attempt: Attempt<CheckoutRequest>, resumed = false): Promise<void> {
    if (busy.value) return
    busy.value = true
    resuming.value = resumed
    outcome.value = null
    before.value = attempt.body.expected_total
    try {
      await settle(await placeOrder(checkoutAttempts, attempt))
    } finally {
      busy.value = false
      resuming.value = false
    }
  }

  async function settle(result: Outcome): Promise<void> {
    if (result.kind === 'order') {
      onOrder()
      const name = isBought(result.order) || isMoving(result.order) ? 'confirmation' : 'order'
      await router.replace({ name, params: { id: result.order.id } })
      await cart.load()
      return
    }
    if (result.kind === 'already_ordered') {
      if (result.orderId && (account.known || orderToken(result.orderId))) {
        await router.replace({ name: 'order', params: { id: result.orderId } })
        return
      }
    }
    if (result.kind === 'total_changed' || result.kind === 'cart_changed') {
      if (result.cart) cart.take(result.cart)
      else await cart.load()
    }
    outcome.value = result
  }

  /** Sends the kept attempt again, with its key. */
  async function repeat(): Promise<void> {
    const attempt = checkoutAttempts.current()
    if (attempt) await place(attempt)
  }

  /** Writing the form to the cart moved the total before anything was sent: nothing is bought at a total not seen. */
  function totalChanged(seen: Money): void {
    before.value = seen
    outcome.value = { kind: 'total_changed', cart: null }
  }

  function clear(): void {
    outcome.value = null
  }

  return { busy, resuming, outcome, before, place, repeat, totalChanged, clear }
}
