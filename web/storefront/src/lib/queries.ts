/** What the pages read from the shop, each with its cache key. */
import { defineQueryOptions } from '@pinia/colada'
import type { ProductsQuery } from '@hanse/api'
import { api } from './api'
import { keyOf } from './seed'

export const PAGE_SIZE = 24
export const HOME_SIZE = 8

export function productsPath(query: ProductsQuery): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parameters.set(name, String(value))
  }
  return `/api/store/products?${parameters}`
}

/** Prices and stock age quickly, so a list is asked again after half a minute, when it is next looked at. */
const FRESH_MS = 30_000

export const productsQuery = defineQueryOptions((query: ProductsQuery) => ({
  key: keyOf(productsPath(query)),
  query: ({ signal }: { signal: AbortSignal }) => api().products(query, signal),
  staleTime: FRESH_MS,
}))

export const productQuery = defineQueryOptions((slug: string) => ({
  key: keyOf(`/api/store/products/${encodeURIComponent(slug)}`),
  query: ({ signal }: { signal: AbortSignal }) => api().product(slug, signal),
  staleTime: FRESH_MS,
}))

export const categoriesQuery = defineQueryOptions({
  key: keyOf('/api/store/categories'),
  query: ({ signal }: { signal: AbortSignal }) => api().categories(signal),
  staleTime: 10 * FRESH_MS,
})

/** What only its owner may see is asked anew whenever it is looked at. */
export const ownOrdersQuery = defineQueryOptions((cursor: string) => ({
  key: keyOf(cursor ? `/api/store/orders?cursor=${encodeURIComponent(cursor)}` : '/api/store/orders'),
  query: ({ signal }: { signal: AbortSignal }) => api().orders(cursor || undefined, signal),
  staleTime: 0,
}))

export const sessionsQuery = defineQueryOptions({
  key: keyOf('/api/auth/sessions'),
  query: ({ signal }: { signal: AbortSignal }) => api().account.sessions(signal),
  staleTime: 0,
})

export const factorsQuery = defineQueryOptions({
  key: keyOf('/api/auth/factors'),
  query: ({ signal }: { signal: AbortSignal }) => api().account.factors(signal),
  staleTime: 0,
})

export const identitiesQuery = defineQueryOptions({
  key: keyOf('/api/auth/identities'),
  query: ({ signal }: { signal: AbortSignal }) => api().account.identities(signal),
  staleTime: 0,
})

/** The same for everybody, for as long as the shop runs. */
export const providersQuery = defineQueryOptions({
  key: keyOf('/api/auth/providers'),
  query: ({ signal }: { signal: AbortSignal }) => api().account.providers(signal),
  staleTime: 10 * FRESH_MS,
})

export const consentsQuery = defineQueryOptions({
  key: keyOf('/api/store/me/consents'),
  query: ({ signal }: { signal: AbortSignal }) => api().account.consents(signal),
  staleTime: 0,
})

/** Whether an answer is somebody's own, and must not outlive their session. */
export function isPrivate(key: readonly unknown[]): boolean {
  return key[1] !== providersQuery.key[1] && /^\/api\/(admin|auth|store\/(orders|me))\b/.test(String(key[1]))
}
