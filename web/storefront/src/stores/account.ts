/**
 * Who is logged in. Scripts cannot see the session's cookie, so the browser remembers that somebody logged in here: for
 * everybody else the shop is not asked.
 */
import { useQueryCache } from '@pinia/colada'
import { defineStore } from 'pinia'
import { nextTick, ref, shallowRef } from 'vue'
import { isProblem, type Me } from '@hanse/api'
import { api } from '../lib/api'
import { forgetOrderTokens } from '../lib/orders'
import { isPrivate } from '../lib/queries'
import { forget, remember, remembered } from '../lib/storage'
import { useCart } from './cart'

const KEY = 'hanse.account'

export const useAccount = defineStore('account', () => {
  const cart = useCart()
  const cache = useQueryCache()
  const known = ref(remembered(KEY) !== null)
  const me = shallowRef<Me | null>(null)
  const failure = shallowRef<unknown>(null)
  const loading = ref(false)

  let asking: Promise<void> | undefined

  /** Asks the shop, once for all who want to know at the same time. */
  function load(): Promise<void> {
    asking ??= ask().finally(() => (asking = undefined))
    return asking
  }

  async function ask(): Promise<void> {
    loading.value = true
    failure.value = null
    try {
      me.value = await api().account.me()
      note()
    } catch (error) {
      if (isProblem(error) && error.status === 401) await becomeNobody()
      else failure.value = error
    } finally {
      loading.value = false
    }
  }

  function recall(): Promise<void> {
    return known.value ? load() : Promise.resolve()
  }

  function note(): void {
    if (known.value) return
    known.value = true
    remember(KEY, '1')
  }

  async function logIn(email: string, password: string): Promise<void> {
    await api().account.logIn(email, password)
    note()
    // The login stands even if the cart cannot be had just now; the cart's own state tells about that.
    await Promise.all([load(), cart.claim().catch(() => cart.load())])
  }

  async function logOut(): Promise<void> {
    await api().account.logOut()
    await becomeNobody()
  }

  /** For good. The logout takes away a cookie that opens nothing any more. */
  async function erase(password: string): Promise<void> {
    await api().account.erase(password)
    await api().account.logOut().catch(() => {})
    await becomeNobody()
  }

  /** Leaves nothing of a person behind for whoever uses this browser next. Who was nobody keeps their guest's things. */
  async function becomeNobody(): Promise<void> {
    const wasSomebody = known.value || me.value !== null
    me.value = null
    known.value = false
    forget(KEY)
    if (!wasSomebody) return
    forgetOrderTokens()
    await cart.leave()
    await nextTick()
    for (const entry of cache.getEntries({ predicate: ({ key }) => isPrivate(key) })) cache.remove(entry)
  }

  /** For calls that need the session: where the shop says that it is over, the page learns it too. */
  async function asMe<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      if (isProblem(error) && error.status === 401 && error.code !== 'wrong_credentials') await load()
      throw error
    }
  }

  /** Somebody logged in or out in another tab. */
  window.addEventListener('storage', (event) => {
    if (event.key !== KEY) return
    if (event.newValue === null) return void becomeNobody()
    known.value = true
    void load()
  })

  return { known, me, failure, loading, load, recall, logIn, logOut, erase, asMe }
})
