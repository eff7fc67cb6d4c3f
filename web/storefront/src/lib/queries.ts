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
