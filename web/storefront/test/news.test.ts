/** The consent to be written to, asked at the checkout: recorded with the order, and never in its way. */
import { flushPromises } from '@vue/test-utils'
import { beforeEach, expect, it, vi } from 'vitest'
import { useAccount } from '@/stores/account'
import { useCart } from '@/stores/cart'
import CheckoutView from '@/views/CheckoutView.vue'
import { ana, cartWith, orderWith, problem, Shop, visit } from './shop'

const word = { purpose: 'marketing', granted: true, wording: 'news-1', place: 'checkout' }

beforeEach(() => {
  localStorage.clear()
  document.body.innerHTML = ''
})

async function till({ loggedIn = true, consents = [] as object[] } = {}) {
  localStorage.setItem('hanse.cart', 'cart_1')
  if (loggedIn) localStorage.setItem('hanse.account', '1')
  const shop = new Shop()
    .on('GET /api/auth/me', loggedIn ? [200, ana()] : problem(401, 'unauthenticated'))
    .on('GET /api/store/carts/*', [200, cartWith({ email: 'gift@example.org' })])
    .on('GET /api/store/carts/*/shipping-methods', [200, { items: [{ id: 'ship_1', title: 'Standard', price: { amount: 490, currency: 'EUR' }, estimate: null }] }])
    .on('GET /api/store/me/consents', [200, { consents, history: [] }])
    .on('PUT /api/store/me/consents', [200, { consents: [word], history: [word] }])
    .on('POST /api/store/checkout', [201, orderWith()])
    .open()
  const visited = await visit(CheckoutView, '/checkout')
  await Promise.all([useAccount().recall(), useCart().load()])
  await vi.dynamicImportSettled()
  await flushPromises()
  return { ...visited, shop }
}

const box = (page: Awaited<ReturnType<typeof till>>['page']) => page.find<HTMLInputElement>('[data-testid="news"]')

it('is asked of a shopper who has not agreed, unticked, and kept once there is an order', async () => {
  const { page, router, shop } = await till()
  expect(box(page).element.checked).toBe(false)
  expect(page.text(), 'where the mails go').toContain('To ana@example.org.')
  shop.on('POST /api/store/checkout', problem(409, 'out_of_stock'))
  await box(page).setValue(true)
  await page.get('form#checkout').trigger('submit')
  await flushPromises()
  expect(shop.asked('PUT', /consents$/), 'nothing was bought').toEqual([])
  shop.on('POST /api/store/checkout', [201, orderWith()])
  await page.get('form#checkout').trigger('submit')
  await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('confirmation'))
  expect(shop.asked('PUT', /consents$/).map(({ body }) => body)).toEqual([word])
})

it.each([
  ['the shop does not answer', new Error('away')],
  ['the session is over', problem(401, 'unauthenticated')],
])('does not hold up the order where %s', async (_, reply) => {
  const { page, router, shop } = await till()
  shop.on('PUT /api/store/me/consents', reply)
  await box(page).setValue(true)
  await page.get('form#checkout').trigger('submit')
  await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('confirmation'))
  await flushPromises()
  expect(shop.asked('PUT', /consents$/)).toHaveLength(1)
  expect([page.find('[role="alert"]').exists(), useAccount().known, localStorage.getItem('hanse.checkout')]).toEqual([false, true, null])
})

it('does not hold up an order while the shop takes its time with it', async () => {
  const { page, router, shop } = await till()
  shop.on('PUT /api/store/me/consents', () => new Promise(() => undefined))
  await box(page).setValue(true)
  await page.get('form#checkout').trigger('submit')
  await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('confirmation'))
})

it('is nobody’s who did not tick it', async () => {
  const { page, router, shop } = await till()
  await page.get('form#checkout').trigger('submit')
  await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('confirmation'))
  expect(shop.asked('PUT', /consents$/)).toEqual([])
})

it('is not taken for the word of whoever logs in after the one who ticked it', async () => {
  const { page, router, shop } = await till()
  await box(page).setValue(true)
  shop.on('GET /api/auth/me', [200, ana({ user_id: 'usr_2', email: 'bo@example.org' })])
  await useAccount().load()
  await flushPromises()
  expect(page.text()).toContain('To bo@example.org.')
  expect(box(page).element.checked).toBe(false)
  await page.get('form#checkout').trigger('submit')
  await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('confirmation'))
  expect(shop.asked('PUT', /consents$/)).toEqual([])
})

it('stays the word of whoever is merely asked for once more', async () => {
  const { page } = await till()
  await box(page).setValue(true)
  await useAccount().load()
  await flushPromises()
  expect(box(page).element.checked).toBe(true)
})

it('is not asked of whoever agreed before, nor of guests', async () => {
  expect(box((await till({ consents: [{ ...word, at: '2026-11-29T10:00:00Z' }] })).page).exists()).toBe(false)
  localStorage.clear()
  const { page, shop } = await till({ loggedIn: false })
  expect(box(page).exists()).toBe(false)
  expect(shop.asked('GET', /consents/)).toEqual([])
})

it('is not asked while the shop cannot say whether they agreed', async () => {
  const { page, shop } = await till()
  expect(box(page).exists()).toBe(true)
  page.unmount()
  shop.on('GET /api/store/me/consents', problem(503, 'unavailable'))
  const other = await visit(CheckoutView, '/checkout')
  await Promise.all([useAccount().recall(), useCart().load()])
  await vi.dynamicImportSettled()
  await flushPromises()
  expect([box(other.page).exists(), other.page.find('[data-testid="pay"]').exists(), other.page.find('[role="alert"]').exists()]).toEqual([false, true, false])
})
