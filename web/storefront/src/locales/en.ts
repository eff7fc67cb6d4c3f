/** The shop's own texts in English; the other languages have the same keys. */
const en = {
  skip: 'Skip to content',
  nav: {
    main: 'Main', menu: 'Menu', all: 'All goods', fresh: 'New in', cart: 'Cart', cartCount: 'Cart, {n} item | Cart, {n} items',
    search: 'Search', searchHint: 'Search the shop', settings: 'Language and appearance', categories: 'Categories',
    language: 'Language', appearance: 'Appearance', close: 'Close', breadcrumb: 'Breadcrumb', account: 'Account', logIn: 'Log in',
  },
  theme: { system: 'As the system', light: 'Light', dark: 'Dark' },
  footer: {
    shop: 'Shop', service: 'Service', display: 'Display',
    claim: 'A small shop in the tradition of the long voyage: good wares, honest measures, a fair price.',
    made: 'Runs on Hanse, open-source commerce.',
  },
  home: {
    title: 'Hanse', eyebrow: 'Kontor for good wares', headline: 'Goods worth the voyage.',
    lede: 'Well-made things for the table, the home and the road. Chosen with care, shipped from our quay to your door.',
    shopAll: 'Shop everything', arrivals: 'New arrivals', quay: 'Categories', fresh: 'Fresh off the ship', seeAll: 'See all new goods',
    goods: '{n} item | {n} items',
    promises: {
      title: 'How we trade',
      stock: 'What you order is yours', stockText: 'Goods are set aside the moment you order. Nobody else can buy the last one from under you.',
      once: 'Charged once, never twice', onceText: 'A lost connection or a second click repeats nothing: one order, one payment.',
      cancel: 'Change of mind', cancelText: 'Cancel on the order page until your goods leave the quay. No form, no call.',
    },
  },
  listing: {
    all: 'All goods', results: 'Results for “{q}”', count: '{n} item | {n} items', sort: 'Sort by', more: 'Load more', loading: 'Loading more goods',
    fromStart: 'Back to the start of the list', every: 'All', later: 'More goods', loaded: '{n} more items loaded', searchWithin: 'Search',
    sorts: { newest: 'Newest', price: 'Price, low to high', priceDown: 'Price, high to low', title: 'Name', relevance: 'Best match' },
    empty: { title: 'Nothing in this hold', search: 'We found nothing for “{q}”. A shorter or more common word often helps.', category: 'There is nothing on these shelves at the moment.', action: 'Show all goods' },
  },
  price: { from: 'from {price}', before: 'Before', now: 'Now', included: 'incl. VAT, plus shipping', excluded: 'plus VAT and shipping', none: 'Price on request' },
  stock: {
    in_stock: 'In stock', low_stock: 'Only a few left', out_of_stock: 'Sold out', backorder: 'Available to order', unknown: 'Availability on request',
    left: 'Only {n} left', notMade: 'not available in this combination', soldOut: 'sold out',
  },
  badge: { sale: 'Reduced', soldOut: 'Sold out', few: 'Few left' },
  product: {
    gallery: 'Pictures of {title}', picture: 'Show picture {n}', quantity: 'Quantity', less: 'One less', more: 'One more', add: 'Add to cart',
    soldOut: 'Sold out', added: '{title} is in your cart', about: 'Description', details: 'Details', sku: 'Article number', vendor: 'Maker', type: 'Kind', tags: 'Keywords',
    related: 'From the same quay', choose: 'Choose the options', notFound: 'These goods have sailed', notFoundText: 'The address may be old, or we no longer carry this item.',
    noImage: 'No picture yet', unavailable: 'This combination is not available.',
  },
  cart: {
    title: 'Your cart', items: 'Items in the cart', subtotal: 'Items', checkout: 'To checkout', view: 'View cart', continue: 'Continue shopping', remove: 'Remove', removeItem: 'Remove {title}',
    removed: '{title} was removed', quantityOf: 'Quantity of {title}', less: 'One less', more: 'One more', each: '{price} each', note: 'Shipping and discounts follow at checkout.',
    empty: { title: 'Your chest is empty', text: 'Nothing in it yet. Our shelves are well stocked.', action: 'Browse the goods' },
    problem: {
      out_of_stock: 'Sold out. Please remove it to go on.', insufficient_stock: 'Fewer in stock than you want. Please take fewer.', unavailable: 'No longer available. Please remove it.',
      price_changed: 'The price has changed.', no_price: 'Not for sale at the moment. Please remove it.', unknown_discount_code: 'We do not know this code.', discount_code_not_started: 'This code is not valid yet.', discount_code_expired: 'This code has expired.', discount_code_used_up: 'This code is used up.', discount_code_needs_login: 'This code is for customers who are logged in.', discount_code_used_by_customer: 'You have used this code already.', discount_code_other_currency: 'This code is for another currency.', other: 'Please check this item.',
    },
  },
  totals: {
    title: 'Order summary', items: 'Items', discount: 'Discount', shipping: 'Shipping', shippingOpen: 'after address', free: 'free', tax: 'VAT', taxIncluded: 'of which VAT', total: 'Total',
  },
  checkout: {
    title: 'Checkout', contact: 'Contact', delivery: 'Delivery address', billing: 'Billing address', billingSame: 'Billing address is the delivery address', shipping: 'Shipping', payment: 'Payment', summary: 'Your order',
    email: 'Email', emailHint: 'For the order confirmation.', have: 'Have an account?', optional: 'optional', code: 'Discount code', apply: 'Apply', applied: 'Code {code} is applied', removeCode: 'Remove code {code}',
    shippingFirst: 'Shipping options appear once the address is complete.', noShipping: 'We do not ship to this address yet.', shippingLoading: 'Looking up shipping options',
    saving: 'Saving', pay: 'Pay {total}', order: 'Order for {total}', back: 'Back to the cart', noPayment: 'Nothing to pay: the total is zero.',
    testCard: 'Test card', testNote: 'This shop runs with the test provider. No money moves; pick how the bank should answer.',
    cards: {
      success: 'Payment succeeds', declined: 'Card is declined', action: 'Bank asks for confirmation', timeout: 'Bank does not answer', unknownSuccess: 'Unclear at first, then succeeds', unknownDeclined: 'Unclear at first, then declined',
      successText: 'Authorised at once', declinedText: 'You can try another card', actionText: 'A confirmation step is shown', timeoutText: 'The connection to the bank runs out', unknownSuccessText: 'We ask again until we know', unknownDeclinedText: 'We ask again until we know',
    },
    placing: 'Your order is being placed. Please wait.', resuming: 'You had started to pay. We are finding out how it ended.',
    fields: { name: 'Full name', line1: 'Street and number', line2: 'Address line 2', postal_code: 'Postal code', city: 'City', region: 'State or province', country: 'Country', phone: 'Phone', choose: 'Please choose' },
    missing: { email: 'Please enter an email address.', email_form: 'This does not look like an email address.', name: 'Please enter your name.', line1: 'Please enter street and number.', postal_code: 'Please enter the postal code.', city: 'Please enter the city.', region: 'Please enter the state or province.', country: 'Please choose a country.', shipping: 'Please choose a shipping option.', other: 'Please check this field.' },
    incomplete: 'Some details are missing', incompleteText: 'Please complete the fields marked below.',
    totalChanged: 'The total has changed', totalChangedText: 'It was {before} and is now {after}. If that is fine, please order again.', totalChangedPlain: 'It is now {after}. If that is fine, please order again.',
    cartChanged: 'Your cart has changed', cartChangedText: 'It was changed elsewhere, perhaps in another tab. Please look it over and order again.',
    alreadyOrdered: 'This cart is already ordered', alreadyOrderedText: 'An order for it is under way. Its confirmation goes to your email.', toOrder: 'To the order',
    unsettled: 'No answer from the shop yet', unsettledText: 'Your order may have gone through. Trying again is safe: you will never pay twice.', again: 'Try again',
    refused: 'The order was not accepted', problemItems: 'Some items need your attention', toCart: 'Go to the cart',
  },
  order: {
    title: 'Order {number}', titleOpen: 'Your order', number: 'Order number', placed: 'Placed on {date}', thanks: 'Thank you!', thanksText: 'Your goods are being packed. A confirmation is on its way to {email}.',
    thanksPlain: 'Your goods are being packed.', pending: 'Just a moment …', pendingText: 'We are checking stock and payment. This page updates itself.', tired: 'This takes longer than usual', tiredText: 'Your order is safe with us. You will get an email; you can also look again.', look: 'Look again',
    declined: 'The payment was declined', declinedText: 'Nothing was charged, and your goods stay set aside for a quarter of an hour. Please try another card.', pay: 'Pay {total} now', action: 'Your bank asks for confirmation', actionText: 'Please confirm the payment with your bank. Your goods stay set aside meanwhile.', confirm: 'Continue to the bank',
    rejected: 'The order could not be accepted', reason: {
      out_of_stock: 'Somebody was quicker: at least one item has just sold out. Nothing was charged.', payment_declined: 'The payment did not go through. Nothing was charged.',
      payment_expired: 'The payment did not come in while the goods were set aside. Nothing was charged.', payment_timeout: 'The bank did not answer in time. Nothing was charged.', payment_cancelled: 'The payment was ended. Nothing was charged.',
      capture_failed: 'The payment could not be taken. Nothing was charged.', stock_timeout: 'We could not set the goods aside. Nothing was charged.', stock_expired: 'The goods could no longer be set aside. Whatever was reserved on your card is released.',
      stock_lost: 'The goods sold out before the payment was certain. Whatever was reserved on your card is released.', other: 'Nothing was charged.',
    },
    cancelled: 'The order is cancelled', cancelledText: 'Whatever was charged or reserved is given back.', refunded: 'The order is refunded', refundedText: 'The money is on its way back to you.', fulfilled: 'On its way to you', fulfilledText: 'Your goods have left our quay.', confirmed: 'Order confirmed', confirmedText: 'We are packing your goods.',
    items: 'Items', address: 'Delivery address', billing: 'Billing address', shippingMethod: 'Shipping', paymentLabel: 'Payment', history: 'What happened', toOrder: 'To the order page', quantity: 'Quantity: {n}',
    cancel: 'Cancel order', cancelAsk: 'Cancel this order?', cancelAskText: 'The goods go back on the shelf, and what was charged is refunded.', cancelYes: 'Yes, cancel it', cancelNo: 'Keep the order', cancelling: 'The order is being cancelled.',
    keep: 'Keep this page\u2019s link from your email: with it you can follow the order from any device.', backToCart: 'Back to the cart', noAccess: 'This order is locked', noAccessText: 'Please open it with the link in your confirmation email, or log in if you ordered with your account.',
    notFound: 'We cannot find this order', notFoundText: 'Please open it with the link in your confirmation email.',
    payment: { not_required: 'Nothing to pay', pending: 'In progress', action_required: 'Waiting for confirmation', authorized: 'Authorised', captured: 'Paid', partially_refunded: 'Partly refunded', refunded: 'Refunded', voided: 'Released', declined: 'Declined' },
    status: { pending: 'In progress', awaiting_payment: 'Awaiting payment', confirmed: 'Confirmed', rejected: 'Not accepted', cancelled: 'Cancelled', refunded: 'Refunded', fulfilled: 'Shipped' },
    events: { placed: 'Order placed', stock_reserved: 'Goods set aside', payment_authorized: 'Payment authorised', payment_declined: 'Payment declined', action_required: 'Confirmation asked for', payment_retried: 'Another payment tried', payment_attention: 'Payment needs attention', refund_requested: 'Refund asked for', refund_failed: 'Refund delayed', partially_refunded: 'Partly refunded', stuck: 'We are looking into it', payment_captured: 'Payment taken', stock_committed: 'Goods committed', confirmed: 'Order confirmed', rejected: 'Order not accepted', cancelled: 'Order cancelled', cancel_requested: 'Cancellation asked for', fulfilled: 'Goods shipped', partially_fulfilled: 'Part of the goods shipped', refunded: 'Refunded', out_of_stock: 'Sold out', payment_voided: 'Payment released', stock_released: 'Goods put back' },
  },
  error: { title: 'Rough seas', text: 'This part of the shop could not be loaded.', again: 'Try again', home: 'To the home page', page: 'Something went wrong', pageText: 'The page could not be shown. Please try again.', notFound: 'Lost at sea', notFoundText: 'There is no page at this address.' },
  problem: {
    unknown: 'Something went wrong. Please try again.', shop: 'The shop has trouble answering. Please try again in a moment.', network: 'The shop cannot be reached. Are you online?', timeout: 'The shop took too long to answer. Please try again.', unreadable: 'The shop answered something unreadable. Please try again.', prices_unavailable: 'Prices cannot be worked out right now. Your cart is kept; please try again in a moment.',
    factor_enrolment_required: 'Whoever works here logs in with two factors. Set up an app or a passkey, and everything else opens.', step_up_required: 'Please show once more that it is you, then try again.', out_of_stock: 'Sold out in the meantime.', insufficient_stock: 'There are fewer in stock than you want.', order_closed: 'This order can no longer be changed.', already_fulfilled: 'Your goods have already left; the order can no longer be cancelled.', rate_limited: 'Too many requests. Please wait a moment.', idempotency_in_flight: 'The shop is still working on it. Please try again in a moment.',
  },
}

export type Messages = typeof en
export default en
