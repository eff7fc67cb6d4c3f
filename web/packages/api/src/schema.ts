/**
 * The store's API in the shape that openapi-typescript writes. Hand-written until the shop's document can be read;
 * `pnpm generate:api <openapi.json>` replaces this file, and only `models.ts` looks inside it.
 */
export interface paths {
  '/api/store/products': {
    get: {
      parameters: { query?: ProductsQuery; header?: never; path?: never; cookie?: never }
      requestBody?: never
      responses: Answers<{ 200: components['schemas']['ProductList'] }>
    }
  }
  '/api/store/products/{slug}': {
    get: {
      parameters: { query?: never; header?: never; path: { slug: string }; cookie?: never }
      requestBody?: never
      responses: Answers<{ 200: components['schemas']['Product'] }>
    }
  }
  '/api/store/categories': {
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody?: never
      responses: Answers<{ 200: components['schemas']['CategoryList'] }>
    }
  }
  '/api/auth/invitations/show': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody: Json<{ token: string }>
      responses: Answers<{ 200: components['schemas']['Invitation'] }>
    }
  }
  '/api/auth/invitations/accept': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody: Json<{ token: string; password: string }>
      responses: Answers<{ 204: undefined }>
    }
  }
  '/api/auth/register': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody: Json<{ email: string; password: string; name: string }>
      responses: Answers<{ 201: { user_id: string } }>
    }
  }
  '/api/auth/login': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody: Json<{ email: string; password: string; transport: 'cookie' }>
      responses: Answers<{ 200: components['schemas']['LoggedIn'] }>
    }
  }
  '/api/auth/login/factor': { post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: Json<{ challenge: string; transport: 'cookie' } & components['schemas']['ShownFactor']>; responses: Answers<{ 200: components['schemas']['LoggedIn'] }> } }
  '/api/auth/login/passkey': { post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: Json<{ transport: 'cookie'; passkey: components['schemas']['PasskeyAnswer'] }>; responses: Answers<{ 200: components['schemas']['LoggedIn'] }> } }
  '/api/auth/login/passkey/ask': { post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: Json<{ transport: 'cookie'; challenge?: string | null }>; responses: Answers<{ 200: components['schemas']['PasskeyAsk'] }> } }
  '/api/auth/step-up': { post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: Json<{ current_password?: string | null } & components['schemas']['ShownFactor']>; responses: Answers<{ 200: components['schemas']['LoggedIn'] }> } }
  '/api/auth/factors': { get: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: Answers<{ 200: components['schemas']['Factors'] }> } }
  '/api/auth/factors/totp': { post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: Json<{ current_password?: string | null }>; responses: Answers<{ 200: { secret: string; otpauth_uri: string } }> } }
  '/api/auth/factors/totp/confirm': { post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: Json<{ code: string }>; responses: Answers<{ 200: { recovery_codes: string[] } }> } }
  '/api/auth/factors/totp/remove': { post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: Json<{ current_password?: string | null } & components['schemas']['ShownFactor']>; responses: Answers<{ 204: undefined }> } }
  '/api/auth/factors/recovery-codes': { post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: Json<{ current_password?: string | null } & components['schemas']['ShownFactor']>; responses: Answers<{ 200: { recovery_codes: string[] } }> } }
  '/api/auth/factors/passkeys': { post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: Json<{ current_password?: string | null }>; responses: Answers<{ 200: components['schemas']['PasskeyAsk'] }> } }
  '/api/auth/factors/passkeys/ask': { post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: Answers<{ 200: components['schemas']['PasskeyAsk'] }> } }
  '/api/auth/factors/passkeys/confirm': { post: { parameters: { query?: never; header?: never; path?: never; cookie?: never }; requestBody: Json<{ name: string } & components['schemas']['PasskeyAnswer']>; responses: Answers<{ 200: { recovery_codes: string[] } }> } }
  '/api/auth/factors/passkeys/{id}': { patch: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody: Json<{ name: string }>; responses: Answers<{ 204: undefined }> } }
  '/api/auth/factors/passkeys/{id}/remove': { post: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody: Json<{ current_password?: string | null }>; responses: Answers<{ 204: undefined }> } }
  '/api/auth/logout': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody?: never
      responses: Answers<{ 204: undefined }>
    }
  }
  '/api/auth/me': {
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody?: never
      responses: Answers<{ 200: components['schemas']['Me'] }>
    }
  }
  '/api/auth/password': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody: Json<{ current_password: string; password: string }>
      responses: Answers<{ 204: undefined }>
    }
  }
  '/api/auth/password/forgot': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody: Json<{ email: string }>
      responses: Answers<{ 202: undefined }>
    }
  }
  '/api/auth/password/reset': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody: Json<{ token: string; password: string }>
      responses: Answers<{ 204: undefined }>
    }
  }
  '/api/auth/email/verification': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody?: never
      responses: Answers<{ 202: undefined }>
    }
  }
  '/api/auth/email/verify': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody: Json<{ token: string }>
      responses: Answers<{ 204: undefined }>
    }
  }
  '/api/auth/email/change': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody: Json<{ current_password: string; email: string }>
      responses: Answers<{ 202: undefined }>
    }
  }
  '/api/auth/email/confirm': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody: Json<{ token: string }>
      responses: Answers<{ 204: undefined }>
    }
  }
  '/api/auth/providers': {
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody?: never
      responses: Answers<{ 200: components['schemas']['ProviderList'] }>
    }
  }
  '/api/auth/identities': {
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody?: never
      responses: Answers<{ 200: components['schemas']['IdentityList'] }>
    }
  }
  '/api/auth/identities/{provider}/link': {
    post: {
      parameters: { query?: never; header?: never; path: { provider: string }; cookie?: never }
      requestBody?: never
      responses: Answers<{ 200: { url: string } }>
    }
  }
  '/api/auth/identities/{id}': {
    delete: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }
      requestBody?: never
      responses: Answers<{ 204: undefined }>
    }
  }
  '/api/auth/sessions': {
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody?: never
      responses: Answers<{ 200: components['schemas']['SessionList'] }>
    }
    delete: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody?: never
      responses: Answers<{ 204: undefined }>
    }
  }
  '/api/auth/sessions/{id}': {
    delete: {
      parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }
      requestBody?: never
      responses: Answers<{ 204: undefined }>
    }
  }
  '/api/store/me/consents': {
    get: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody?: never
      responses: Answers<{ 200: components['schemas']['Consents'] }>
    }
    put: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody: Json<{ purpose: 'marketing'; granted: boolean; wording: string; place: 'registration' | 'account' | 'checkout' }>
      responses: Answers<{ 200: components['schemas']['Consents'] }>
    }
  }
  '/api/store/me/erase': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody: Json<{ password?: string }>
      responses: Answers<{ 202: undefined }>
    }
  }
  '/api/store/me/export': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody?: never
      responses: Answers<{ 200: components['schemas']['PersonalExport'] }>
    }
  }
  '/api/store/carts': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never }
      requestBody: Json<Record<string, never>>
      responses: Answers<{ 201: components['schemas']['Cart'] }>
    }
  }
  '/api/store/carts/{cart_id}': {
    get: {
      parameters: { query?: never; header?: never; path: { cart_id: string }; cookie?: never }
      requestBody?: never
      responses: Answers<{ 200: components['schemas']['Cart'] }>
    }
    patch: {
      parameters: { query?: never; header?: { 'If-Match'?: string }; path: { cart_id: string }; cookie?: never }
      requestBody: Json<components['schemas']['CartPatch']>
      responses: Answers<{ 200: components['schemas']['Cart'] }>
    }
  }
  '/api/store/carts/{cart_id}/items': {
    post: {
      parameters: { query?: never; header?: { 'If-Match'?: string }; path: { cart_id: string }; cookie?: never }
      requestBody: Json<{ variant_id: string; quantity: number }>
      responses: Answers<{ 200: components['schemas']['Cart']; 201: components['schemas']['Cart'] }>
    }
  }
  '/api/store/carts/{cart_id}/items/{item_id}': {
    patch: {
      parameters: {
        query?: never
        header?: { 'If-Match'?: string }
        path: { cart_id: string; item_id: string }
        cookie?: never
      }
      requestBody: Json<{ quantity: number }>
      responses: Answers<{ 200: components['schemas']['Cart'] }>
    }
    delete: {
      parameters: {
        query?: never
        header?: { 'If-Match'?: string }
        path: { cart_id: string; item_id: string }
        cookie?: never
      }
      requestBody?: never
      responses: Answers<{ 200: components['schemas']['Cart'] }>
    }
  }
  '/api/store/carts/{cart_id}/shipping-methods': {
    get: {
      parameters: { query?: never; header?: never; path: { cart_id: string }; cookie?: never }
      requestBody?: never
      responses: Answers<{ 200: components['schemas']['ShippingMethodList'] }>
    }
  }
  '/api/store/checkout': {
    post: {
      parameters: { query?: never; header: { 'Idempotency-Key': string }; path?: never; cookie?: never }
      requestBody: Json<components['schemas']['CheckoutRequest']>
      responses: Answers<{ 201: components['schemas']['Order']; 202: components['schemas']['Order'] }>
    }
  }
  '/api/store/orders': {
    get: {
      parameters: { query?: { cursor?: string; limit?: number }; header?: never; path?: never; cookie?: never }
      requestBody?: never
      responses: Answers<{ 200: components['schemas']['OrderList'] }>
    }
  }
  '/api/store/orders/{order_id}': {
    get: {
      parameters: { query?: never; header?: { Authorization?: string }; path: { order_id: string }; cookie?: never }
      requestBody?: never
      responses: Answers<{ 200: components['schemas']['Order'] }>
    }
  }
  '/api/store/orders/{order_id}/payments': {
    post: {
      parameters: {
        query?: never
        header: { 'Idempotency-Key': string; Authorization?: string }
        path: { order_id: string }
        cookie?: never
      }
      requestBody: Json<components['schemas']['PaymentChoice']>
      responses: Answers<{
        200: components['schemas']['Order']
        201: components['schemas']['Order']
        202: components['schemas']['Order']
      }>
    }
  }
  '/api/admin/products': { get: { parameters: { query?: { q?: string; cursor?: string; limit?: number }; header?: never; path?: never; cookie?: never }; requestBody?: never; responses: Answers<{ 200: { items: components['schemas']['StaffProduct'][]; next_cursor: string | null } }> } }
  '/api/admin/products/{id}': { get: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody?: never; responses: Answers<{ 200: components['schemas']['StaffProduct'] }> } }
  '/api/admin/products/{id}/images/order': { put: { parameters: { query?: never; header?: never; path: { id: string }; cookie?: never }; requestBody: Json<{ order: string[] }>; responses: Answers<{ 200: components['schemas']['StaffProduct'] }> } }
  '/api/admin/products/{id}/images/{image}': {
    patch: { parameters: { query?: never; header?: never; path: { id: string; image: string }; cookie?: never }; requestBody: Json<{ alt?: string | null; position?: number }>; responses: Answers<{ 200: components['schemas']['StaffImage'] }> }
    delete: { parameters: { query?: never; header?: never; path: { id: string; image: string }; cookie?: never }; requestBody?: never; responses: Answers<{ 204: undefined }> }
  }
  '/api/store/orders/{order_id}/cancel': {
    post: {
      parameters: {
        query?: never
        header: { 'Idempotency-Key': string; Authorization?: string }
        path: { order_id: string }
        cookie?: never
      }
      requestBody?: Json<Record<string, never>>
      responses: Answers<{ 200: components['schemas']['Order']; 202: components['schemas']['Order'] }>
    }
  }
}

interface Json<Body> {
  content: { 'application/json': Body }
}

type Answers<ByStatus> = {
  [Status in keyof ByStatus]: { headers: Record<string, unknown>; content: { 'application/json': ByStatus[Status] } }
} & { default: { headers: Record<string, unknown>; content: { 'application/problem+json': components['schemas']['Problem'] } } }

interface ProductsQuery {
  limit?: number
  cursor?: string
  q?: string
  category?: string
  sort?: 'newest' | 'price' | '-price' | 'title' | 'relevance'
}

export interface components {
  schemas: {
    Money: { amount: number; currency: string }
    Image: { id?: string; url: string; alt: string; width: number; height: number; srcset: string | null }
    StaffImage: { id: string; src: string; url: string | null; alt: string | null; width: number | null; height: number | null; srcset: string | null }
    StaffProduct: { id: string; title: string; slug: string; status: 'draft' | 'published'; images: components['schemas']['StaffImage'][] }
    Availability: 'in_stock' | 'low_stock' | 'out_of_stock' | 'backorder' | 'unknown'
    ProductSummary: {
      id: string
      slug: string
      title: string
      subtitle: string | null
      category: string | null
      image: components['schemas']['Image'] | null
      price: components['schemas']['Money'] | null
      price_max: components['schemas']['Money'] | null
      compare_at_price: components['schemas']['Money'] | null
      tax_included: boolean
      availability: components['schemas']['Availability']
    }
    ProductList: { items: components['schemas']['ProductSummary'][]; next_cursor: string | null; total: number | null }
    Variant: {
      id: string
      sku: string | null
      title: string
      options: Record<string, string>
      image_id: string | null
      price: components['schemas']['Money'] | null
      compare_at_price: components['schemas']['Money'] | null
      availability: components['schemas']['Availability']
      available_quantity: number | null
    }
    Product: {
      id: string
      slug: string
      title: string
      subtitle?: string | null
      description_html: string
      vendor: string | null
      type: string | null
      tags: string[]
      category: { slug: string; title: string } | null
      images: components['schemas']['Image'][]
      options: { name: string; values: string[] }[]
      variants: components['schemas']['Variant'][]
      tax_included: boolean
      metadata: Record<string, unknown>
    }
    Category: { slug: string; title: string; parent: string | null; product_count: number }
    CategoryList: { items: components['schemas']['Category'][] }
    Address: {
      name: string
      line1: string
      line2: string | null
      city: string
      postal_code: string
      region: string | null
      country: string
      phone: string | null
    }
    /** What stands in the way of ordering: of one line (say, too few in stock) or of the whole cart. */
    CartProblem: string | { code: string; detail?: string | null; message?: string | null }
    CartItem: {
      id: string
      variant_id: string
      sku: string | null
      product_slug: string
      title: string
      variant_title: string | null
      image_url: string | null
      quantity: number
      unit_price: components['schemas']['Money']
      total: components['schemas']['Money']
      problems: components['schemas']['CartProblem'][]
    }
    Totals: {
      items: components['schemas']['Money']
      discount: components['schemas']['Money']
      shipping: components['schemas']['Money']
      tax: components['schemas']['Money']
      total: components['schemas']['Money']
      tax_included: boolean
      explain: { rule: string; text: string; amount: components['schemas']['Money'] }[]
    }
    Cart: {
      id: string
      version: number
      currency: string
      channel: string
      email: string | null
      items: components['schemas']['CartItem'][]
      shipping_address: components['schemas']['Address'] | null
      billing_address: components['schemas']['Address'] | null
      shipping_method_id: string | null
      discount_codes: string[]
      totals: components['schemas']['Totals']
      problems: components['schemas']['CartProblem'][]
      expires_at: string
    }
    CartPatch: {
      email?: string
      shipping_address?: components['schemas']['Address']
      billing_address?: components['schemas']['Address'] | null
      shipping_method_id?: string
      discount_codes?: string[]
    }
    ShippingMethod: { id: string; title: string; price: components['schemas']['Money']; estimate: string | null }
    ShippingMethodList: { items: components['schemas']['ShippingMethod'][] }
    PaymentChoice: { provider: string; token: string }
    CheckoutRequest: {
      cart_id: string
      cart_version: number
      expected_total: components['schemas']['Money']
      payment?: components['schemas']['PaymentChoice']
    }
    OrderItem: {
      id: string
      variant_id: string
      sku: string | null
      title: string
      variant_title: string | null
      quantity: number
      unit_price: components['schemas']['Money']
      total: components['schemas']['Money']
      fulfilled_quantity: number
      returned_quantity: number
      refunded_quantity: number
    }
    Order: {
      id: string
      number: string
      status: 'pending' | 'awaiting_payment' | 'confirmed' | 'rejected' | 'cancelled' | 'refunded' | 'fulfilled'
      payment_status:
        | 'not_required'
        | 'pending'
        | 'action_required'
        | 'authorized'
        | 'captured'
        | 'partially_refunded'
        | 'refunded'
        | 'voided'
        | 'declined'
      fulfilment_status: 'unfulfilled' | 'partially_fulfilled' | 'fulfilled' | 'cancelled'
      access_token?: string | null
      next_action: { type: string; url: string } | null
      reason: string | null
      email: string | null
      placed_at: string
      items: components['schemas']['OrderItem'][]
      shipping_address: components['schemas']['Address'] | null
      billing_address: components['schemas']['Address'] | null
      shipping_method: string | null
      totals: components['schemas']['Totals']
      history: { at: string; event: string }[]
    }
    /** A line of the list of one's orders. */
    OrderLine: {
      id: string
      number: string
      status: components['schemas']['Order']['status']
      payment_status: components['schemas']['Order']['payment_status']
      fulfilment_status: components['schemas']['Order']['fulfilment_status']
      placed_at: string
      total: components['schemas']['Money']
      quantity: number
      items: components['schemas']['OrderItem'][]
    }
    OrderList: { items: components['schemas']['OrderLine'][]; next_cursor: string | null }
    Me: {
      user_id: string
      email: string
      email_verified: boolean
      has_password: boolean
      name: string
      kind: 'customer' | 'staff'
      role: string | null
      permissions: string[]
    }
    ProviderList: { items: { id: string; label: string }[] }
    IdentityList: { items: { id: string; provider: string; label: string | null; linked_at: string; last_login_at: string | null }[] }
    Session: { id: string; device: string | null; transport: 'cookie' | 'token'; started_at: string; current: boolean }
    /** In, or a challenge to show a second factor for. */
    LoggedIn: { mfa_required: boolean; challenge?: string | null; methods?: string[] | null }
    Factors: { totp?: { enrolled_at: string } | null; recovery_codes: number; passkeys: components['schemas']['Passkey'][]; passkeys_available: boolean }
    Passkey: { id: string; name: string; created_at: string; last_used_at?: string | null }
    PasskeyAsk: { ceremony: string; options: object }
    PasskeyAnswer: { ceremony: string; credential: object }
    ShownFactor: { code?: string | null; recovery_code?: string | null; passkey?: components['schemas']['PasskeyAnswer'] | null }
    Invitation: { email: string; name: string; role: string; has_account: boolean }
    Consent: { purpose: 'marketing'; granted: boolean; wording: string; place: 'registration' | 'account' | 'checkout'; at: string }
    Consents: { consents: components['schemas']['Consent'][]; history: components['schemas']['Consent'][] }
    PersonalExport: { format: string; person: string; made_at: string; held: Record<string, Record<string, unknown[]>> }
    SessionList: { sessions: components['schemas']['Session'][] }
    Problem: {
      type: string
      title: string
      status: number
      code: string
      detail?: string | null
      correlation_id?: string | null
      errors?: { field: string; code: string; message: string }[]
      /** With `total_changed` and `cart_changed`: the cart as it is now. */
      cart?: components['schemas']['Cart']
      /** With `cart_already_ordered`: the order that took the cart. */
      order_id?: string
    }
  }
}
