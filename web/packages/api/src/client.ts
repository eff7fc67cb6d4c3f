/** The store's calls: each answers its body or throws an `ApiProblem`. */
import createClient, { type Client } from 'openapi-fetch'
import type {
  Cart,
  CartPatch,
  CategoryList,
  CheckoutRequest,
  Order,
  PaymentChoice,
  Product,
  ProductList,
  ProductsQuery,
  ShippingMethodList,
} from './models'
import { ApiProblem, problemOf, problemOfFailure } from './problem'
import type { paths } from './schema'

const READ_TIMEOUT_MS = 15_000
/** Above the five seconds that the shop itself waits for a checkout to settle. */
const WRITE_TIMEOUT_MS = 30_000

export interface StoreApiOptions {
  /** Where the shop is; the page's own origin unless told. */
  baseUrl?: string
  /** Asked before each call, so that a change of language needs no new client. */
  locale?: () => string
}

export class StoreApi {
  readonly #client: Client<paths>

  constructor(options: StoreApiOptions = {}) {
    this.#client = createClient<paths>({
      baseUrl: options.baseUrl ?? globalThis.location.origin,
      credentials: 'same-origin',
      fetch: (request: Request) => globalThis.fetch(request),
    })
    const locale = options.locale
    if (locale) {
      this.#client.use({
        onRequest: ({ request }) => {
          request.headers.set('Accept-Language', locale())
          return request
        },
      })
    }
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

  /** Has a link to a new password mailed; the shop does not tell whether the address has an account. */
  forgotPassword(email: string): Promise<void> {
    return done((signal) => this.#client.POST('/api/auth/password/forgot', { body: { email }, signal }))
  }

  resetPassword(token: string, password: string): Promise<void> {
    return done((signal) => this.#client.POST('/api/auth/password/reset', { body: { token, password }, signal }))
  }

  verifyEmail(token: string): Promise<void> {
    return done((signal) => this.#client.POST('/api/auth/email/verify', { body: { token }, signal }))
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

interface Answer<Body> {
  data?: Body
  error?: unknown
  response: Response
}

function read<Body>(call: (signal: AbortSignal) => Promise<Answer<Body>>, given?: AbortSignal): Promise<Body> {
  const limit = AbortSignal.timeout(READ_TIMEOUT_MS)
  return settled(call, given ? AbortSignal.any([given, limit]) : limit)
}

function write<Body>(call: (signal: AbortSignal) => Promise<Answer<Body>>): Promise<Body> {
  return settled(call, AbortSignal.timeout(WRITE_TIMEOUT_MS))
}

/** For calls whose good answer has no body. */
async function done(call: (signal: AbortSignal) => Promise<Answer<unknown>>): Promise<void> {
  let answer: Answer<unknown>
  try {
    answer = await call(AbortSignal.timeout(WRITE_TIMEOUT_MS))
  } catch (failure) {
    throw problemOfFailure(failure)
  }
  if (!answer.response.ok) throw problemOf(answer.response.status, answer.error)
}

async function settled<Body>(call: (signal: AbortSignal) => Promise<Answer<Body>>, signal: AbortSignal): Promise<Body> {
  let answer: Answer<Body>
  try {
    answer = await call(signal)
  } catch (failure) {
    throw problemOfFailure(failure)
  }
  if (answer.data !== undefined && answer.response.ok) return answer.data
  if (answer.response.ok) throw new ApiProblem(answer.response.status, 'unreadable')
  throw problemOf(answer.response.status, answer.error)
}
