/** The page's data as the server wrote it into the page, so that the first rendering asks nothing again. */
import type { EntryKey } from '@pinia/colada'

/** The cache key of a GET: its exact path with its query's names in order, so that both sides agree on it. */
export function keyOf(path: string): EntryKey {
  return ['get', canonicalPath(path)]
}

export function canonicalPath(path: string): string {
  const url = new URL(path, 'http://shop')
  url.searchParams.sort()
  const query = url.searchParams.toString()
  return query ? `${url.pathname}?${query}` : url.pathname
}

interface PageState {
  route: string
  queries: Record<string, unknown>
}

function isPageState(value: unknown): value is PageState {
  return (
    typeof value === 'object' &&
    value !== null &&
    'queries' in value &&
    typeof value.queries === 'object' &&
    value.queries !== null
  )
}

/** Reads the state element once; an absent or foreign one means that the page asks for everything itself. */
export function readPageState(document: Document): Record<string, unknown> {
  const text = document.getElementById('hanse-state')?.textContent
  if (!text) return {}
  try {
    const state: unknown = JSON.parse(text)
    if (isPageState(state)) return state.queries
    console.warn('the page state has an unknown shape')
  } catch (error) {
    console.warn('the page state is not JSON', error)
  }
  return {}
}
