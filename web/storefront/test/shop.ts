/** A shop for component tests: answers fetch from a table of routes, records what it was asked, and mounts pages in it. */
import { PiniaColada } from '@pinia/colada'
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { vi } from 'vitest'
import { defineComponent, h, type Component } from 'vue'
import { createMemoryHistory, createRouter, type Router } from 'vue-router'
import type { Cart, Me, Order, OrderLine, Product, ProductSummary, Session } from '@hanse/api'
import { i18n } from '@/lib/i18n'
import { useStepUp } from '@/stores/step-up'

export interface Call {
  method: string
  path: string
  headers: Headers
  /** `omit` where the call is made as nobody. */
  credentials: RequestCredentials
  body: unknown
}

type Reply = [status: number, body: unknown, headers?: Record<string, string>] | Error
type Handler = (call: Call) => Reply | Promise<Reply>

export class Shop {
  readonly calls: Call[] = []
  readonly #routes: { method: string; path: RegExp; handler: Handler }[] = []

  /** The newest route for a path answers. A path is matched whole; `*` stands for one segment, the query is free. */
  on(route: string, handler: Handler | Reply): this {
    const [method = '', path = ''] = route.split(' ')
    const pattern = new RegExp(`^${path.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]+')}(\\?.*)?$`)
    this.#routes.unshift({ method, path: pattern, handler: typeof handler === 'function' ? handler : () => handler })
    return this
  }

  open(): this {
    vi.stubGlobal('fetch', async (request: Request) => {
      const url = new URL(request.url)
      const text = await request.clone().text()
      const call: Call = {
        method: request.method,
        path: url.pathname + url.search,
        headers: request.headers,
        credentials: request.credentials,
        body: text ? JSON.parse(text) : undefined,
      }
      this.calls.push(call)
      const route = this.#routes.find(({ method, path }) => method === call.method && path.test(call.path))
      const reply: Reply = route ? await route.handler(call) : problem(404, 'not_found')
      if (reply instanceof Error) throw reply
      const [status, body, headers] = reply
      const type = status < 400 ? 'application/json' : 'application/problem+json'
      return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': type, ...headers } })
    })
    return this
  }

  asked(method: string, path: RegExp): Call[] {
    return this.calls.filter((call) => call.method === method && path.test(call.path))
  }
}

export function problem(status: number, code: string, more: object = {}): Reply {
  return [status, { type: `https://hanse.example/problems/${code}`, title: code, status, code, ...more }]
}

/** A page as the app shows it: with the question who one is above it. */
export const framed = (view: Component) =>
  defineComponent(() => {
    const stepUp = useStepUp()
    return () => [h('main', { id: 'main', tabindex: -1 }, h(view)), stepUp.dialog ? h(stepUp.dialog) : null]
  })

const blank = { template: '<div />' }

export async function visit(
  component: Component,
  address: string,
  props: Record<string, unknown> = {},
): Promise<{ page: VueWrapper; router: Router }> {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/', name: 'home', component: blank },
      { path: '/products', name: 'products', component: blank },
      { path: '/products/:slug', name: 'product', component: blank },
      { path: '/cart', name: 'cart', component: blank },
      { path: '/checkout', name: 'checkout', component: blank },
      { path: '/orders/:id', name: 'order', component: blank },
      { path: '/orders/:id/confirmation', name: 'confirmation', component: blank },
      { path: '/account', name: 'account', component: blank },
      ...['login', 'register', 'security', 'email', 'forgot', 'reset'].map((name) => ({ path: `/account/${name}`, name, component: blank })),
      { path: '/account/pictures/:id?', name: 'pictures', component: blank },
    ],
  })
  await router.push(address)
  const page = mount(component, {
    props,
    attachTo: document.body,
    global: { plugins: [createPinia(), PiniaColada, i18n, router] },
  })
  await flushPromises()
  return { page, router }
}

const euro = (amount: number) => ({ amount, currency: 'EUR' })

export function summary(slug: string, more: Partial<ProductSummary> = {}): ProductSummary {
  return {
    id: `prod_${slug}`, slug, title: slug.replaceAll('-', ' '), subtitle: null, category: 'kitchen',
    image: { url: `/media/${slug}.svg`, alt: slug, width: 800, height: 800, srcset: null },
    price: euro(1200), price_max: euro(1200), compare_at_price: null, tax_included: true, availability: 'in_stock', ...more,
  }
}

/** Green in S and L (L sold out), Ink in S only. */
export function mug(): Product {
  const variant = (colour: string, size: string, available: number) => ({
    id: `var_${colour}_${size}`, sku: `MUG-${colour}-${size}`, title: `${colour} / ${size}`, options: { Colour: colour, Size: size },
    image_id: `img_${colour}`, price: euro(size === 'L' ? 1500 : 1200), compare_at_price: null,
    availability: available > 5 ? ('in_stock' as const) : available > 0 ? ('low_stock' as const) : ('out_of_stock' as const),
    available_quantity: available,
  })
  return {
    id: 'prod_mug', slug: 'enamel-mug', title: 'Enamel mug', description_html: '<p>Holds coffee.</p>', vendor: 'North', type: 'Mug', tags: ['enamel'],
    category: { slug: 'kitchen', title: 'Kitchen' },
    images: ['Green', 'Ink'].map((colour) => ({ id: `img_${colour}`, url: `/media/${colour}.svg`, alt: `Enamel mug, ${colour}`, width: 800, height: 800, srcset: null })),
    options: [{ name: 'Colour', values: ['Green', 'Ink'] }, { name: 'Size', values: ['S', 'L'] }],
    variants: [variant('Green', 'S', 12), variant('Green', 'L', 0), variant('Ink', 'S', 3)],
    tax_included: true, metadata: {},
  }
}

export function cartWith(more: Partial<Cart> = {}): Cart {
  return {
    id: 'cart_1', version: 3, currency: 'EUR', channel: 'default', email: 'ana@example.org',
    items: [{
      id: 'item_1', variant_id: 'var_Green_S', sku: 'MUG-G-S', product_slug: 'enamel-mug', title: 'Enamel mug', variant_title: 'Green / S',
      image_url: null, quantity: 2, unit_price: euro(1200), total: euro(2400), problems: [],
    }],
    shipping_address: { name: 'Ana Lund', line1: 'Storgatan 1', line2: null, city: 'Malmö', postal_code: '211 34', region: null, country: 'SE', phone: null },
    billing_address: null, shipping_method_id: 'ship_1', discount_codes: [],
    totals: { items: euro(2400), discount: euro(0), shipping: euro(490), tax: euro(578), total: euro(2890), tax_included: true, explain: [] },
    problems: [], expires_at: '2030-01-01T00:00:00Z', ...more,
  }
}

export function orderWith(more: Partial<Order> = {}): Order {
  return {
    id: 'ord_1', number: 'H-10001', status: 'confirmed', payment_status: 'captured', fulfilment_status: 'unfulfilled', access_token: 'secret',
    next_action: null, reason: null, email: 'ana@example.org', placed_at: '2026-11-23T10:00:00Z',
    items: [{
      id: 'item_1', variant_id: 'var_Green_S', sku: 'MUG-G-S', title: 'Enamel mug', variant_title: 'Green / S', quantity: 2,
      unit_price: euro(1200), total: euro(2400), fulfilled_quantity: 0, returned_quantity: 0, refunded_quantity: 0,
    }],
    shipping_address: cartWith().shipping_address, billing_address: null, shipping_method: 'Standard', totals: cartWith().totals,
    history: [{ at: '2026-11-23T10:00:00Z', event: 'placed' }], ...more,
  }
}

export function ana(more: Partial<Me> = {}): Me {
  return { user_id: 'usr_1', email: 'ana@example.org', email_verified: true, has_password: true, name: 'Ana Lund', kind: 'customer', role: null, permissions: [], ...more }
}

export function sessionWith(id: string, more: Partial<Session> = {}): Session {
  return { id, device: 'Firefox on Linux', transport: 'cookie', started_at: '2026-11-23T10:00:00Z', current: false, ...more }
}

export function orderLine(number: string): OrderLine {
  const { status, payment_status, fulfilment_status, placed_at, items, totals } = orderWith()
  return { id: `ord_${number}`, number, status, payment_status, fulfilment_status, placed_at, items, total: totals.total, quantity: 2 }
}
