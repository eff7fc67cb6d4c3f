/**
 * Who is logged in. Scripts cannot see the session's cookie, so the browser remembers that somebody logged in here: for
 * everybody else the shop is not asked.
 */
import { useQueryCache } from '@pinia/colada'
import { defineStore } from 'pinia'
import { nextTick, ref, shallowRef } from 'vue'
import { isProblem, type Challenge, type Me, type PasskeyAnswer, type ShownFactor } from '@hanse/api'
import { api } from '../lib/api'
import { forgetOrderTokens } from '../lib/orders'
import { isPrivate } from '../lib/queries'
import { forget, remember, remembered } from '../lib/storage'
import { useCart } from './cart'
import { useStepUp } from './step-up'

const KEY = 'hanse.account'
/** Says no to what was typed, and nothing of the session. */
const WRONG: readonly string[] = ['wrong_credentials', 'wrong_code', 'passkey_refused']
/** When this browser was sent to a provider of logins. Who comes back soon may be somebody. */
const ERRAND = 'hanse.errand'
const ERRAND_MS = 10 * 60_000

export const useAccount = defineStore('account', () => {
  const cart = useCart()
  const stepUp = useStepUp()
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

  async function recall(): Promise<void> {
    if (!isBack()) return known.value ? load() : undefined
    await load()
    if (!me.value) return
    forget(ERRAND)
    await cart.claim().catch(() => cart.load())
  }

  /** Before the page leaves for a provider of logins. */
  function setOut(): void {
    remember(ERRAND, String(Date.now()))
  }

  function isBack(): boolean {
    const left = remembered(ERRAND)
    return left !== null && Date.now() - Number(left) < ERRAND_MS
  }

  /** They come back and are told why not. */
  const comeBack = () => forget(ERRAND)

  function note(): void {
    if (known.value) return
    known.value = true
    remember(KEY, '1')
  }

  /** A challenge where a second factor is asked for; null: they are in. */
  async function logIn(email: string, password: string): Promise<Challenge | null> {
    const told = await api().account.logIn(email, password)
    if (told.mfa_required) return { challenge: told.challenge ?? '', methods: told.methods ?? [] }
    await enter()
    return null
  }

  async function showFactor(challenge: string, shown: ShownFactor): Promise<void> {
    await api().account.showFactor(challenge, shown)
    await enter()
  }

  async function showPasskey(passkey: PasskeyAnswer): Promise<void> {
    await api().account.logInWithPasskey(passkey)
    await enter()
  }

  async function enter(): Promise<void> {
    note()
    // The login stands even if the cart cannot be had just now; the cart's own state tells about that.
    await Promise.all([load(), cart.claim().catch(() => cart.load())])
  }

  async function logOut(): Promise<void> {
    await api().account.logOut()
    await becomeNobody()
  }

  /** For good. The logout takes away a cookie that opens nothing any more. */
  async function erase(): Promise<void> {
    await api().account.erase()
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

  /** For calls that need the session: where the shop says that it is over, the page learns it too; where it wants to see who one is, it is shown. */
  async function asMe<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await stepUp.proven(call)
    } catch (error) {
      if (isProblem(error) && error.status === 401 && !WRONG.includes(error.code)) await load()
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

  return { known, me, failure, loading, load, recall, setOut, comeBack, logIn, showFactor, showPasskey, logOut, erase, asMe }
})
