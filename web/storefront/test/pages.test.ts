/** Pages against a shop that answers from a table: loading, empty, error and the paths through them. */
import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import CheckoutForm from '@/components/CheckoutForm.vue'
import CheckoutView from '@/views/CheckoutView.vue'
import HomeView from '@/views/HomeView.vue'
import ListingView from '@/views/ListingView.vue'
import OrderView from '@/views/OrderView.vue'
import ProductView from '@/views/ProductView.vue'
import { useCart } from '@/stores/cart'
import { cartWith, mug, orderWith, problem, Shop, summary, visit } from './shop'

const categories: [number, unknown] = [200, { items: [{ slug: 'kitchen', title: 'Kitchen', parent: null, product_count: 2 }] }]

beforeEach(() => {
  localStorage.clear()
  document.body.innerHTML = ''
})
afterEach(() => vi.useRealTimers())

function shelves(items = [summary('enamel-mug'), summary('oak-board')], next: string | null = null) {
  return new Shop()
    .on('GET /api/store/categories', categories)
    .on('GET /api/store/products', [200, { items, next_cursor: next, total: items.length }])
    .open()
}

describe('home', () => {
  it('shows a house per category and what is new', async () => {
    shelves()
    const { page } = await visit(HomeView, '/')
    expect(page.findAll('.hs-house').map((house) => house.text())).toEqual(['Kitchen2 items'])
    expect(page.findAll('.hs-card')).toHaveLength(2)
  })

  it('says when the new goods cannot be loaded, and asks again on demand', async () => {
    const shop = shelves().on('GET /api/store/products', problem(500, 'internal'))
    const { page } = await visit(HomeView, '/')
    expect(page.get('[role="alert"]').text()).toContain('The shop has trouble answering')
    shop.on('GET /api/store/products', [200, { items: [summary('enamel-mug')], next_cursor: null, total: 1 }])
    await page.get('[role="alert"] button').trigger('click')
    await flushPromises()
    expect(page.findAll('.hs-card')).toHaveLength(1)
  })
})

describe('listing', () => {
  it('asks for what the address says, and marks the category', async () => {
    const shop = shelves()
    const { page } = await visit(ListingView, '/products?category=kitchen&sort=price')
    expect(shop.asked('GET', /products/)[0]?.path).toBe('/api/store/products?limit=24&sort=price&category=kitchen')
    expect(page.get('h1').text()).toBe('Kitchen')
    expect(page.get('.hs-rail [aria-current]').text()).toBe('Kitchen')
  })

  it('tells a search without results from an empty shelf', async () => {
    shelves([])
    const { page } = await visit(ListingView, '/products?q=unicorn')
    expect(page.text()).toContain('We found nothing for “unicorn”')
    expect(page.find('.hs-grid').exists()).toBe(false)
  })

  it('appends the next page, whose link works without it', async () => {
    const shop = shelves([summary('first')], 'c2').on('GET /api/store/products', (call) =>
      call.path.includes('cursor=c2')
        ? [200, { items: [summary('second')], next_cursor: null, total: 2 }]
        : [200, { items: [summary('first')], next_cursor: 'c2', total: 2 }],
    )
    const { page, router } = await visit(ListingView, '/products?sort=title')
    const more = page.get('[data-testid="more"]')
    expect(more.attributes('href')).toBe('/products?sort=title&cursor=c2')
    await more.trigger('click')
    await flushPromises()
    expect(page.findAll('.hs-card-title').map((title) => title.text())).toEqual(['first', 'second'])
    expect(router.currentRoute.value.query['cursor']).toBe('c2')
    expect(page.find('[data-testid="more"]').exists()).toBe(false)
    expect(shop.asked('GET', /products\?/)).toHaveLength(2)
    expect(document.activeElement?.textContent).toBe('second')
  })
})

describe('product', () => {
  const shelf = () => new Shop().on('GET /api/store/products/*', [200, mug()]).on('GET /api/store/products', [200, { items: [], next_cursor: null, total: 0 }]).open()

  it('marks what cannot be had, and follows the choice with price, stock and address', async () => {
    shelf()
    const { page, router } = await visit(ProductView, '/products/enamel-mug', { slug: 'enamel-mug' })
    const chip = (value: string) => page.get(`.hs-chip[data-value="${value}"]`)
    expect(chip('L').attributes('aria-label')).toBe('L, sold out')
    expect(page.get('[data-testid="stock"]').text()).toBe('In stock')
    await chip('Ink').trigger('click')
    await flushPromises()
    expect(page.get('[data-testid="stock"]').text()).toBe('Only 3 left')
    expect(chip('L').attributes('aria-label')).toBe('L, not available in this combination')
    expect(router.currentRoute.value.query['variant']).toBe('var_Ink_S')
    expect(page.get('.hs-gallery .hs-media img').attributes('src')).toBe('/media/Ink.svg')
    await chip('Green').trigger('click')
    await chip('L').trigger('click')
    await flushPromises()
    expect(page.get('.hs-price').text()).toBe('€15.00')
    expect(page.get('[data-testid="add"]').attributes('disabled')).toBeDefined()
  })

  it('puts the chosen variant into a new cart and opens it', async () => {
    const shop = shelf()
      .on('POST /api/store/carts', [201, cartWith({ items: [] })])
      .on('POST /api/store/carts/*/items', [201, cartWith()])
    const { page } = await visit(ProductView, '/products/enamel-mug?variant=var_Ink_S', { slug: 'enamel-mug' })
    await page.get('[data-testid="add"]').trigger('click')
    await flushPromises()
    expect(shop.asked('POST', /items$/)[0]?.body).toEqual({ variant_id: 'var_Ink_S', quantity: 1 })
    expect(localStorage.getItem('hanse.cart')).toBe('cart_1')
    expect(useCart().drawerOpen).toBe(true)
  })

  it('starts anew when the remembered cart is gone', async () => {
    localStorage.setItem('hanse.cart', 'cart_old')
    const shop = shelf()
      .on('POST /api/store/carts', [201, cartWith({ items: [] })])
      .on('POST /api/store/carts/cart_1/items', [201, cartWith()])
    const { page } = await visit(ProductView, '/products/enamel-mug', { slug: 'enamel-mug' })
    await page.get('[data-testid="add"]').trigger('click')
    await flushPromises()
    expect(shop.asked('POST', /items$/).map((call) => call.path)).toEqual(['/api/store/carts/cart_old/items', '/api/store/carts/cart_1/items'])
    expect(useCart().count).toBe(2)
  })

  it('says why goods were not added, and that a product is gone', async () => {
    shelf().on('POST /api/store/carts', [201, cartWith({ items: [] })]).on('POST /api/store/carts/*/items', problem(409, 'out_of_stock'))
    const { page } = await visit(ProductView, '/products/enamel-mug', { slug: 'enamel-mug' })
    await page.get('[data-testid="add"]').trigger('click')
    await flushPromises()
    expect(page.get('[role="alert"]').text()).toBe('Sold out in the meantime.')
    new Shop().on('GET /api/store/products/*', problem(404, 'product_not_found')).open()
    const gone = await visit(ProductView, '/products/nothing', { slug: 'nothing' })
    expect(gone.page.get('h1').text()).toBe('These goods have sailed')
  })
})

describe('checkout', () => {
  const methods: [number, unknown] = [200, { items: [{ id: 'ship_1', title: 'Standard', price: { amount: 490, currency: 'EUR' }, estimate: null }] }]
  function till() {
    localStorage.setItem('hanse.cart', 'cart_1')
    return new Shop().on('GET /api/store/carts/*', [200, cartWith()]).on('GET /api/store/carts/*/shipping-methods', methods).open()
  }
  async function enter() {
    const visited = await visit(CheckoutView, '/checkout')
    await useCart().load()
    await flushPromises()
    return visited
  }

  it('says that prices cannot be had, keeps the cart, and asks again on demand', async () => {
    const shop = till().on('GET /api/store/carts/*', [200, { ...cartWith(), totals: null }])
    const { page } = await enter()
    expect(page.get('[role="alert"]').text()).toContain('Prices cannot be worked out right now')
    expect(localStorage.getItem('hanse.cart')).toContain('cart_1')
    shop.on('GET /api/store/carts/*', [200, cartWith()])
    await page.get('[role="alert"] button').trigger('click')
    await flushPromises()
    expect(page.find('[role="alert"]').exists()).toBe(false)
    expect(page.get('[data-testid="total"]').text()).toBe('€28.90')
  })

  it('sends one order for two clicks and goes on to the confirmation', async () => {
    let answer: (reply: [number, unknown]) => void = () => undefined
    const shop = till().on('POST /api/store/checkout', () => new Promise((resolve) => (answer = resolve)))
    const { page, router } = await enter()
    await page.get('form#checkout').trigger('submit')
    await page.get('form#checkout').trigger('submit')
    await flushPromises()
    expect(shop.asked('POST', /checkout$/)).toHaveLength(1)
    expect(shop.asked('POST', /checkout$/)[0]?.body).toEqual({
      cart_id: 'cart_1', cart_version: 3, expected_total: { amount: 2890, currency: 'EUR' }, payment: { provider: 'test', token: 'tok_success' },
    })
    answer([201, orderWith()])
    await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/orders/ord_1/confirmation'))
  })

  it('goes on with the interrupted attempt after a reload, with its key', async () => {
    const body = { cart_id: 'cart_1', cart_version: 3, expected_total: { amount: 2890, currency: 'EUR' } }
    localStorage.setItem('hanse.checkout', JSON.stringify({ key: 'the-same', body, startedAt: Date.now() - 5_000 }))
    const shop = till().on('POST /api/store/checkout', [201, orderWith()])
    const { router } = await enter()
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('confirmation'))
    expect(shop.asked('POST', /checkout$/).map((call) => [call.headers.get('Idempotency-Key'), call.body])).toEqual([['the-same', body]])
  })

  it('shows a changed total and asks again instead of buying', async () => {
    const totals = { ...cartWith().totals, total: { amount: 3000, currency: 'EUR' } }
    const shop = till().on('POST /api/store/checkout', problem(409, 'total_changed', { cart: cartWith({ version: 4, totals }) }))
    const { page } = await enter()
    await page.get('form#checkout').trigger('submit')
    await vi.waitFor(() => expect(page.get('[data-testid="total-changed"]').text()).toContain('It was €28.90 and is now €30.00.'))
    shop.on('POST /api/store/checkout', [201, orderWith()])
    await page.get('form#checkout').trigger('submit')
    await flushPromises()
    const [first, second] = shop.asked('POST', /checkout$/)
    expect(second?.body).toMatchObject({ cart_version: 4, expected_total: { amount: 3000 } })
    expect(second?.headers.get('Idempotency-Key')).not.toBe(first?.headers.get('Idempotency-Key'))
  })

  it('names what is missing, sends nothing, and writes the address once it is whole', async () => {
    const bare = cartWith({ email: null, shipping_address: null, shipping_method_id: null })
    const shop = till().on('GET /api/store/carts/*', [200, bare])
    const { page } = await enter()
    await page.get('form#checkout').trigger('submit')
    await flushPromises()
    expect(shop.asked('POST', /checkout$/)).toHaveLength(0)
    expect(page.get('input[type="email"]').attributes('aria-invalid')).toBe('true')
    expect(page.text()).toContain('Please enter the postal code.')
    expect(document.activeElement?.getAttribute('type')).toBe('email')

    shop.on('PATCH /api/store/carts/*', (call) => [200, { ...bare, ...(call.body as object) }])
    const fill = (name: string, value: string) => page.get(`[autocomplete="shipping ${name}"]`).setValue(value)
    await page.get('input[type="email"]').setValue('ana@example.org')
    await fill('country', 'SE')
    await fill('name', 'Ana Lund')
    await fill('address-line1', 'Storgatan 1')
    await fill('postal-code', '211 34')
    await fill('address-level2', 'Malmö')
    await vi.waitFor(() => expect(shop.asked('PATCH', /carts/)).toHaveLength(2), { timeout: 3_000 })
    expect(shop.asked('PATCH', /carts/)[0]?.body).toEqual({ email: 'ana@example.org', shipping_address: cartWith().shipping_address })
    expect(shop.asked('PATCH', /carts/)[1]?.body).toEqual({ shipping_method_id: 'ship_1' })
  })

  it('asks for no payment when nothing is to be paid', async () => {
    const totals = { ...cartWith().totals, total: { amount: 0, currency: 'EUR' } }
    localStorage.setItem('hanse.cart', 'cart_1')
    const shop = till().on('GET /api/store/carts/*', [200, cartWith({ totals })]).on('POST /api/store/checkout', [201, orderWith()])
    const { page } = await enter()
    expect(page.findComponent(CheckoutForm).text()).toContain('Nothing to pay')
    await page.get('form#checkout').trigger('submit')
    await flushPromises()
    expect(shop.asked('POST', /checkout$/)[0]?.body).not.toHaveProperty('payment')
  })
})

describe('order', () => {
  it('takes the token out of the link and reads the order with it', async () => {
    const shop = new Shop().on('GET /api/store/orders/*', [200, orderWith()]).open()
    const { page, router } = await visit(OrderView, '/orders/ord_1#token=from-mail', { id: 'ord_1' })
    expect(shop.calls[0]?.headers.get('Authorization')).toBe('Order from-mail')
    expect(router.currentRoute.value.hash).toBe('')
    expect(page.get('h1').text()).toBe('Order H-10001')
    expect(page.get('[data-testid="payment-status"]').text()).toBe('Paid')
  })

  it('stays locked without a token', async () => {
    new Shop().on('GET /api/store/orders/*', problem(401, 'unauthorized')).open()
    const { page } = await visit(OrderView, '/orders/ord_1', { id: 'ord_1' })
    expect(page.text()).toContain('This order is locked')
  })

  it('follows a pending order until it rests', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    const states = [orderWith({ status: 'pending' }), orderWith({ status: 'pending' }), orderWith({ status: 'confirmed' })]
    const shop = new Shop().on('GET /api/store/orders/*', () => [200, states.shift() ?? orderWith()]).open()
    const { page } = await visit(OrderView, '/orders/ord_1', { id: 'ord_1' })
    expect(page.get('[data-testid="order-status"]').text()).toBe('In progress')
    for (let turn = 0; turn < 4; turn += 1) {
      await vi.advanceTimersByTimeAsync(3_000)
      await flushPromises()
    }
    expect(page.get('[data-testid="order-status"]').text()).toBe('Confirmed')
    expect(shop.calls).toHaveLength(3)
  })

  it('lets a declined payment be tried again, and cancels after asking', async () => {
    localStorage.setItem('hanse.orders', '{"ord_1":"secret"}')
    const declined = orderWith({ status: 'awaiting_payment', payment_status: 'declined', reason: 'payment_declined' })
    const shop = new Shop()
      .on('GET /api/store/orders/*', [200, declined])
      .on('POST /api/store/orders/*/payments', [201, orderWith()])
      .on('POST /api/store/orders/*/cancel', [200, orderWith({ status: 'cancelled' })])
      .open()
    const { page } = await visit(OrderView, '/orders/ord_1', { id: 'ord_1' })
    await page.get('[data-choice="tok_unknown_then_success"]').trigger('click')
    await page.get('[data-testid="outcome"] form').trigger('submit')
    await flushPromises()
    expect(shop.asked('POST', /payments$/)[0]?.body).toEqual({ provider: 'test', token: 'tok_unknown_then_success' })
    expect(page.get('[data-testid="order-status"]').text()).toBe('Confirmed')
    await page.get('[data-testid="cancel"]').trigger('click')
    expect(shop.asked('POST', /cancel$/)).toHaveLength(0)
    await page.get('[data-testid="cancel-yes"]').trigger('click')
    await flushPromises()
    expect(shop.asked('POST', /cancel$/)[0]?.headers.get('Authorization')).toBe('Order secret')
    expect(page.get('[data-testid="order-status"]').text()).toBe('Cancelled')
  })
})
