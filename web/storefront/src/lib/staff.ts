/** What pages for staff ask the shop, and what they read of it. */
import { PicturesApi } from '@hanse/api/pictures'
import { defineQueryOptions } from '@pinia/colada'
import { api } from './api'
import { keyOf } from './seed'

let client: PicturesApi | undefined

export function pictures(): PicturesApi {
  client ??= new PicturesApi(api().client)
  return client
}

export const staffProductsQuery = defineQueryOptions((words: string) => ({
  key: keyOf(`/api/admin/products?q=${encodeURIComponent(words)}`),
  query: ({ signal }: { signal: AbortSignal }) => pictures().products(words, signal),
  staleTime: 0,
}))

export const staffProductQuery = defineQueryOptions((id: string) => ({
  key: keyOf(`/api/admin/products/${encodeURIComponent(id)}`),
  query: ({ signal }: { signal: AbortSignal }) => pictures().product(id, signal),
  staleTime: 0,
}))
