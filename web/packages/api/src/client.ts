/** The store's calls: each answers its body or throws an `ApiProblem`. */
import createClient, { type Client } from 'openapi-fetch'
import { AccountApi } from './account'
import { BY_SCRIPT, read, write } from './calls'
import type {
  Cart,
  CartPatch,
  CategoryList,
  CheckoutRequest,
  Order,
  OrderList,
  PaymentChoice,
  Product,
  ProductList,
  ProductsQuery,
  ShippingMethodList,
} from './models'
import type { paths } from './schema'

export interface StoreApiOptions {
  /** Where the shop is; the page's own origin unless told. */
  baseUrl?: string
  /** Asked before each call, so that a change of language needs no new client. */
  locale?: () => string
}

export class StoreApi {
  readonly account: AccountApi
  readonly #client: Client<paths>

  constructor(options: StoreApiOptions = {}) {
    this.#client = createClient<paths>({
      baseUrl: options.baseUrl ?? globalThis.location.origin,
      credentials: 'same-origin',
      fetch: (request: Request) => globalThis.fetch(request),
    })
    const locale = options.locale
    this.#client.use({
      onRequest: ({ request }) => {
        if (request.method !== 'GET') request.headers.set(...BY_SCRIPT)
        if (locale) request.headers.set('Accept-Language', locale())
        return request
      },
    })
    this.account = new AccountApi(this.#client)
  }

  /** For calls that few pages make, which load with those. */
  get client(): Client<paths> {
    return this.#client
  }

  products(query: ProductsQuery, signal?: AbortSignal): Promise<ProductList> {
    return read((limit) => this.#client.GET('/api/store/products', { params: { query }, signal: limit }), signal)
  }

  product(slug: string, signal?: AbortSignal): Promise<Product> {
    return read(
      (limit) => this.#client.GET('/api/store/products/{slug}', { params: { path: { slug } }, signal: limit }),
      signal,
    )
  }

  categories(signal?: AbortSignal): Promise<CategoryList> {
    return read((limit) => this.#client.GET('/api/store/categories', { signal: limit }), signal)
  }

  createCart(): Promise<Cart> {
    return write((signal) => this.#client.POST('/api/store/carts', { body: {}, signal }))
  }

  /** A cart that is nobody's yet, though somebody is logged in. */
  createGuestCart(): Promise<Cart> {
    return write((signal) => this.#client.POST('/api/store/carts', { body: {}, credentials: 'omit', signal }))
  }

  cart(id: string, signal?: AbortSignal): Promise<Cart> {
    return read(
      (limit) => this.#client.GET('/api/store/carts/{cart_id}', { params: { path: { cart_id: id } }, signal: limit }),
      signal,
    )
  }

  patchCart(id: string, body: CartPatch): Promise<Cart> {
    return write((signal) =>
      this.#client.PATCH('/api/store/carts/{cart_id}', { params: { path: { cart_id: id } }, body, signal }),
    )
  }

  addItem(cartId: string, variantId: string, quantity: number): Promise<Cart> {
    return write((signal) =>
      this.#client.POST('/api/store/carts/{cart_id}/items', {
        params: { path: { cart_id: cartId } },
        body: { variant_id: variantId, quantity },
        signal,
      }),
    )
  }

  setQuantity(cartId: string, itemId: string, quantity: number): Promise<Cart> {
    return write((signal) =>
      this.#client.PATCH('/api/store/carts/{cart_id}/items/{item_id}', {
        params: { path: { cart_id: cartId, item_id: itemId } },
        body: { quantity },
        signal,
      }),
    )
  }

  removeItem(cartId: string, itemId: string): Promise<Cart> {
    return write((signal) =>
      this.#client.DELETE('/api/store/carts/{cart_id}/items/{item_id}', {
        params: { path: { cart_id: cartId, item_id: itemId } },
        signal,
      }),
    )
  }

  shippingMethods(cartId: string, signal?: AbortSignal): Promise<ShippingMethodList> {
    return read(
      (limit) =>
        this.#client.GET('/api/store/carts/{cart_id}/shipping-methods', {
          params: { path: { cart_id: cartId } },
          signal: limit,
        }),
      signal,
    )
  }

  checkout(body: CheckoutRequest, idempotencyKey: string): Promise<Order> {
    return write((signal) =>
      this.#client.POST('/api/store/checkout', {
        params: { header: { 'Idempotency-Key': idempotencyKey } },
        body,
        signal,
      }),
    )
  }

  /** Of whoever is logged in, the newest first. */
  orders(cursor?: string, signal?: AbortSignal): Promise<OrderList> {
    const query = cursor ? { cursor } : {}
    return read((limit) => this.#client.GET('/api/store/orders', { params: { query }, signal: limit }), signal)
  }

  order(id: string, token: string | null, signal?: AbortSignal): Promise<Order> {
    return read(
      (limit) =>
        this.#client.GET('/api/store/orders/{order_id}', {
          params: { path: { order_id: id }, header: bearer(token) },
          signal: limit,
        }),
      signal,
    )
  }

  payOrder(id: string, token: string | null, payment: PaymentChoice, idempotencyKey: string): Promise<Order> {
    return write((signal) =>
      this.#client.POST('/api/store/orders/{order_id}/payments', {
        params: { path: { order_id: id }, header: { ...bearer(token), 'Idempotency-Key': idempotencyKey } },
        body: payment,
        signal,
      }),
    )
  }

  cancelOrder(id: string, token: string | null, idempotencyKey: string): Promise<Order> {
    return write((signal) =>
      this.#client.POST('/api/store/orders/{order_id}/cancel', {
        params: { path: { order_id: id }, header: { ...bearer(token), 'Idempotency-Key': idempotencyKey } },
        body: {},
        signal,
      }),
    )
  }
}

function bearer(token: string | null): { Authorization?: string } {
  return token === null ? {} : { Authorization: `Order ${token}` }
}
