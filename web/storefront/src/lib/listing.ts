/** The list's filter and which of its pages are open, so that going back finds the list as it was left. */
import type { ProductSort, ProductsQuery } from '@hanse/api'
import { PAGE_SIZE } from './queries'

export interface Filter {
  q: string
  category: string
  sort: string
}

export const SORTS: { value: ProductSort; label: string }[] = [
  { value: 'relevance', label: 'listing.sorts.relevance' },
  { value: 'newest', label: 'listing.sorts.newest' },
  { value: 'price', label: 'listing.sorts.price' },
  { value: '-price', label: 'listing.sorts.priceDown' },
  { value: 'title', label: 'listing.sorts.title' },
]

/** The order the address asks for; one that does not exist, or best match without a search, is as good as none. */
function namedSort(filter: Filter): ProductSort | undefined {
  return SORTS.find(({ value }) => value === filter.sort && (value !== 'relevance' || filter.q))?.value
}

/** The order that the list is in: unless the address says otherwise, best match for a search and newest else. */
export function sortOf(filter: Filter): ProductSort {
  return namedSort(filter) ?? (filter.q ? 'relevance' : 'newest')
}

/** The question for the shop; it names an order only if the address does, as the server does for its first rendering. */
export function queryOf(filter: Filter): ProductsQuery {
  const sort = namedSort(filter)
  return {
    limit: PAGE_SIZE,
    ...(sort ? { sort } : {}),
    ...(filter.q ? { q: filter.q } : {}),
    ...(filter.category ? { category: filter.category } : {}),
  }
}

const open = new Map<string, string[]>()

/**
 * The cursors of the pages to show when the address names one. A page that continues an opened list is appended to it;
 * one that is part of it shows the list up to there; any other starts a list of its own, as after a reload or a link.
 */
export function openedPages(filterKey: string, cursor: string, known: Map<string, string[]> = open): string[] {
  const pages = known.get(filterKey)
  const at = pages?.indexOf(cursor) ?? -1
  let shown: string[]
  if (pages && at >= 0) shown = pages.slice(0, at + 1)
  else if (pages && cursor && pages.at(-1) === continued.get(cursor)) shown = [...pages, cursor]
  else shown = [cursor]
  known.set(filterKey, shown)
  return shown
}

/** Which page each cursor came from, noted as pages arrive. */
const continued = new Map<string, string>()

export function noteContinuation(cursor: string, next: string | null): void {
  if (next) continued.set(next, cursor)
}
