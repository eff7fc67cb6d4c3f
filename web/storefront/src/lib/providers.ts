/** Where the browser goes to log in with a provider, and comes back to `to` from. */
export function loginAddress(provider: string, to: string): string {
  return `/api/auth/oauth/${encodeURIComponent(provider)}/start?${new URLSearchParams({ return_to: to })}`
}
