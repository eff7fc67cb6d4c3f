/** What an order's state means for the page that shows it. */
import type { Order } from '@hanse/api'

/** Something is still under way at the shop, so the page looks again by itself. */
export function isMoving(order: Order): boolean {
  return order.status === 'pending'
}

export function canPay(order: Order): boolean {
  return order.status === 'awaiting_payment'
}

/** The shop has the last word (409 `already_fulfilled`); this only decides whether to offer it. */
export function canCancel(order: Order): boolean {
  const open = order.status === 'pending' || order.status === 'awaiting_payment' || order.status === 'confirmed'
  return open && order.fulfilment_status === 'unfulfilled'
}

export function isBought(order: Order): boolean {
  return order.status === 'confirmed' || order.status === 'fulfilled'
}

/** Where the visitor must go to confirm the payment; only addresses of the web are followed. */
export function actionUrl(order: Order, base: string): string | null {
  if (!order.next_action) return null
  if (!URL.canParse(order.next_action.url, base)) return null
  const url = new URL(order.next_action.url, base)
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null
}
