/** Names for the bodies that screens work with, taken from the paths, so that they survive generated schema names. */
import type { components, paths } from './schema'

type Body<Answer> = Answer extends { content: { 'application/json': infer Content } } ? Content : never

export type ProductList = Body<paths['/api/store/products']['get']['responses'][200]>
export type ProductSummary = ProductList['items'][number]
export type ProductsQuery = NonNullable<paths['/api/store/products']['get']['parameters']['query']>
export type ProductSort = NonNullable<ProductsQuery['sort']>
export type Product = Body<paths['/api/store/products/{slug}']['get']['responses'][200]>
export type Variant = Product['variants'][number]
export type Image = Product['images'][number]
export type Availability = ProductSummary['availability']
export type CategoryList = Body<paths['/api/store/categories']['get']['responses'][200]>
export type Category = CategoryList['items'][number]

export type Cart = Body<paths['/api/store/carts/{cart_id}']['get']['responses'][200]>
export type CartItem = Cart['items'][number]
export type CartProblem = Cart['problems'][number]
export type Totals = Cart['totals']
export type Money = Totals['total']
export type Address = NonNullable<Cart['shipping_address']>
export type CartPatch = paths['/api/store/carts/{cart_id}']['patch']['requestBody']['content']['application/json']
export type ShippingMethodList = Body<paths['/api/store/carts/{cart_id}/shipping-methods']['get']['responses'][200]>
export type ShippingMethod = ShippingMethodList['items'][number]

export type CheckoutRequest = paths['/api/store/checkout']['post']['requestBody']['content']['application/json']
export type PaymentChoice = NonNullable<CheckoutRequest['payment']>
export type Order = Body<paths['/api/store/orders/{order_id}']['get']['responses'][200]>
export type OrderItem = Order['items'][number]
export type OrderList = Body<paths['/api/store/orders']['get']['responses'][200]>
export type OrderLine = OrderList['items'][number]

export type Me = Body<paths['/api/auth/me']['get']['responses'][200]>
export type Invitation = Body<paths['/api/auth/invitations/show']['post']['responses'][200]>
export type LoginProvider = Body<paths['/api/auth/providers']['get']['responses'][200]>['items'][number]
export type IdentityList = Body<paths['/api/auth/identities']['get']['responses'][200]>
export type Identity = IdentityList['items'][number]
export type SessionList = Body<paths['/api/auth/sessions']['get']['responses'][200]>
export type Session = SessionList['sessions'][number]
/** What a login told: in, or a challenge to show a second factor for. */
export type LoggedIn = Body<paths['/api/auth/login']['post']['responses'][200]>
export type Factors = Body<paths['/api/auth/factors']['get']['responses'][200]>
/** What an authenticator app is to know. */
export type AppBegun = Body<paths['/api/auth/factors/totp']['post']['responses'][200]>
/** The password was right, and one of these is asked for. */
export interface Challenge {
  challenge: string
  methods: readonly string[]
}
export type Passkey = Factors['passkeys'][number]
/** What a browser is asked for, and what it answered. */
export type PasskeyAsk = Body<paths['/api/auth/factors/passkeys']['post']['responses'][200]>
export interface PasskeyAnswer {
  ceremony: string
  credential: object
}
export type ShownFactor = { code: string } | { recovery_code: string } | { passkey: PasskeyAnswer }
/** What somebody who is logged in shows once more: the password counts only where no factor is enrolled. */
export type ShownAgain = ShownFactor | { current_password: string }
export type Consents = Body<paths['/api/store/me/consents']['get']['responses'][200]>
export type ConsentWord = paths['/api/store/me/consents']['put']['requestBody']['content']['application/json']
export type PersonalExport = Body<paths['/api/store/me/export']['post']['responses'][200]>
/** A product as a merchant sees it, as far as its pictures go. */
export type StaffProduct = Body<paths['/api/admin/products/{id}']['get']['responses'][200]>
export type StaffImage = StaffProduct['images'][number]
export type StaffProductList = Body<paths['/api/admin/products']['get']['responses'][200]>
export type Problem = components['schemas']['Problem']
