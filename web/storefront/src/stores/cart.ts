/** The visitor's cart: its id is remembered, its changes go to the shop one after the other and each brings the whole cart. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { ApiProblem, isProblem, type Cart, type CartPatch } from '@hanse/api'
import { api } from '../lib/api'
import { forget, remember, remembered } from '../lib/storage'

const KEY = 'hanse.cart'

export const useCart = defineStore('cart', () => {
  const id = ref(remembered(KEY))
  const cart = shallowRef<Cart | null>(null)
  const loading = ref(id.value !== null)
  const failure = shallowRef<ApiProblem | null>(null)
  const pending = ref(0)
  const drawerOpen = ref(false)

  const items = computed(() => cart.value?.items ?? [])
  const count = computed(() => items.value.reduce((sum, item) => sum + item.quantity, 0))
  const isEmpty = computed(() => items.value.length === 0)
  const busy = computed(() => pending.value > 0)

  let queue: Promise<unknown> = Promise.resolve()

  /** Changes wait for one another, so that answers arrive in the order of the clicks. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    pending.value += 1
    const turn = queue.then(work).finally(() => (pending.value -= 1))
    // A failed change is its caller's to report; the next one in the queue goes ahead all the same.
    queue = turn.catch(() => undefined)
    return turn
  }

  /** A cart whose prices cannot be had just now is kept by the shop, but there is nothing true to show of it. */
  function take(fresh: Cart): Cart {
    id.value = fresh.id
    remember(KEY, fresh.id)
    const priced = (fresh.totals as Cart['totals'] | null) !== null
    cart.value = priced ? fresh : null
    failure.value = priced ? null : new ApiProblem(503, 'prices_unavailable')
    return fresh
  }

  function drop(): void {
    id.value = null
    cart.value = null
    forget(KEY)
  }

  async function fetchCart(): Promise<void> {
    const known = id.value
    if (known === null) {
      cart.value = null
      loading.value = false
      return
    }
    loading.value = cart.value === null
    try {
      take(await api().cart(known))
    } catch (error) {
      if (isProblem(error) && error.status === 404) drop()
      else if (isProblem(error)) failure.value = error
      else throw error
    } finally {
      loading.value = false
    }
  }

  function load(): Promise<void> {
    return inTurn(fetchCart)
  }

  /**
   * After a login. The shop gives a guest's cart to the customer who asks for it, with what they had in an earlier one;
   * who comes without a cart gets to the earlier one by an empty cart of a guest.
   */
  function claim(): Promise<void> {
    return inTurn(async () => {
      if (id.value !== null) await fetchCart()
      if (id.value !== null) return
      take(await api().createGuestCart())
      await fetchCart()
    })
  }

  /** After a logout: the cart stays with the customer, and whoever uses this browser next begins with none. */
  function leave(): Promise<void> {
    return inTurn(async () => drop())
  }

  /** An expired cart, or one that now belongs to an account, is gone: the goods go into a new one. */
  function add(variantId: string, quantity: number): Promise<Cart> {
    return inTurn(async () => {
      const known = id.value
      if (known !== null) {
        try {
          return take(await api().addItem(known, variantId, quantity))
        } catch (error) {
          if (!isProblem(error) || error.status !== 404) throw error
          await fetchCart()
          if (id.value !== null) throw error
        }
      }
      const fresh = take(await api().createCart())
      return take(await api().addItem(fresh.id, variantId, quantity))
    })
  }

  function change(work: (cartId: string) => Promise<Cart>): Promise<Cart> {
    return inTurn(async () => {
      if (id.value === null) throw new Error('there is no cart to change')
      return take(await work(id.value))
    })
  }

  const setQuantity = (itemId: string, quantity: number) => change((cartId) => api().setQuantity(cartId, itemId, quantity))
  const remove = (itemId: string) => change((cartId) => api().removeItem(cartId, itemId))
  const patch = (body: CartPatch) => change((cartId) => api().patchCart(cartId, body))

  /** Another tab created, emptied or replaced the cart. */
  window.addEventListener('storage', (event) => {
    if (event.key !== KEY) return
    id.value = event.newValue
    cart.value = null
    void load()
  })

  return {
    id, cart, items, count, isEmpty, loading, failure, busy, drawerOpen,
    load, claim, leave, add, setQuantity, remove, patch, take,
  }
})
