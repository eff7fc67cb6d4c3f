/**
 * The checkout form against the cart: what is complete is written to the cart at once, so that shipping options, tax and
 * total are always the shop's own answer for what stands in the form.
 */
import { isProblem, type CartPatch, type ShippingMethod } from '@hanse/api'
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { api } from '@/lib/api'
import { likelyCountry } from '@/lib/countries'
import { useAccount } from '@/stores/account'
import { useCart } from '@/stores/cart'
import { addressOf, emptyForm, formOf, looksLikeEmail, missingFields, type AddressErrors, type AddressForm } from './address'

export type Translate = (key: string) => string

/** How long typing must rest before the shop is told. */
const SETTLE_MS = 500

export function useCheckoutForm(t: Translate) {
  const cart = useCart()
  const known = cart.cart
  const email = ref(known?.email ?? '')
  const shipping = ref<AddressForm>(
    known?.shipping_address ? formOf(known.shipping_address) : emptyForm(likelyCountry(navigator.languages)),
  )
  const billingSame = ref(known?.billing_address == null)
  const billing = ref<AddressForm>(known?.billing_address ? formOf(known.billing_address) : emptyForm(shipping.value.country))

  /** Whoever is logged in has said already where mail goes; what stands in the field by then is newer. */
  const account = useAccount()
  watch(() => account.me?.email, (own) => own && (email.value ||= own), { immediate: true })

  /** Fields the shop refused, until they are changed, by their path in the request. */
  const refused = reactive(new Map<string, string>())
  const shown = ref(false)
  const failure = shallowRef<unknown>(null)

  const addressReady = computed(() => missingFields(shipping.value).length === 0)
  const billingReady = computed(() => billingSame.value || missingFields(billing.value).length === 0)
  const emailReady = computed(() => looksLikeEmail(email.value))

  /** What of the form is complete and differs from the cart. */
  function change(): CartPatch | null {
    const now = cart.cart
    if (!now) return null
    const patch: CartPatch = {}
    const address = addressOf(shipping.value)
    const wantedBilling = billingSame.value ? null : addressOf(billing.value)
    if (emailReady.value && email.value.trim() !== now.email) patch.email = email.value.trim()
    if (addressReady.value && differs(address, now.shipping_address)) patch.shipping_address = address
    if (billingReady.value && differs(wantedBilling, now.billing_address)) patch.billing_address = wantedBilling
    return Object.keys(patch).length > 0 ? patch : null
  }

  const methods = shallowRef<ShippingMethod[] | null>(null)
  const methodsLoading = ref(false)

  /** Writes what is complete to the cart; false if the shop did not take it. */
  async function save(): Promise<boolean> {
    clearTimeout(timer)
    const patch = change()
    if (!patch) return true
    failure.value = null
    refused.clear()
    try {
      await cart.patch(patch)
      if (patch.shipping_address) await loadMethods()
      return true
    } catch (error) {
      failure.value = error
      if (isProblem(error)) for (const field of error.body.errors ?? []) refused.set(field.field, field.message)
      return false
    }
  }

  async function loadMethods(): Promise<void> {
    if (!cart.cart?.shipping_address) return
    methodsLoading.value = methods.value === null
    try {
      const { items } = await api().shippingMethods(cart.cart.id)
      methods.value = items
      const chosen = items.some(({ id }) => id === cart.cart?.shipping_method_id)
      const first = items[0]
      if (!chosen && first) await cart.patch({ shipping_method_id: first.id })
    } catch (error) {
      failure.value = error
    } finally {
      methodsLoading.value = false
    }
  }

  async function chooseMethod(id: string): Promise<void> {
    if (!id || id === cart.cart?.shipping_method_id) return
    failure.value = null
    try {
      await cart.patch({ shipping_method_id: id })
    } catch (error) {
      failure.value = error
    }
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    [email, shipping, billing, billingSame],
    () => {
      clearTimeout(timer)
      timer = setTimeout(() => void save(), SETTLE_MS)
    },
    { deep: true },
  )

  const message = (path: string, own: string | undefined) => refused.get(path) ?? (shown.value ? own : undefined)
  const emailError = computed(() =>
    message('email', emailReady.value ? undefined : t(email.value.trim() ? 'checkout.missing.email_form' : 'checkout.missing.email')),
  )
  function addressErrors(form: AddressForm, path: string): AddressErrors {
    const missing = new Set<string>(missingFields(form))
    const errors: AddressErrors = {}
    for (const field of Object.keys(form) as (keyof AddressForm)[]) {
      const text = message(`${path}.${field}`, missing.has(field) ? t(`checkout.missing.${field}`) : undefined)
      if (text) errors[field] = text
    }
    return errors
  }
  const shippingErrors = computed(() => addressErrors(shipping.value, 'shipping_address'))
  const billingErrors = computed(() => addressErrors(billing.value, 'billing_address'))
  const methodMissing = computed(() => !cart.cart?.shipping_method_id)
  const complete = computed(() => emailReady.value && addressReady.value && billingReady.value && !methodMissing.value)

  return {
    email, shipping, billing, billingSame, emailError, shippingErrors, billingErrors, methods, methodsLoading, methodMissing,
    failure, shown, complete, save, loadMethods, chooseMethod,
  }
}

function differs(wanted: object | null, known: object | null): boolean {
  if (wanted === null || known === null) return wanted !== known
  return Object.entries(wanted).some(([name, value]) => (known as Record<string, unknown>)[name] !== value)
}
