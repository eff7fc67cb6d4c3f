/** What somebody sees and what the shop keeps when a provider's word opened nothing. */
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { violations } from './accessible'
import { allOfAccountsAndLinks } from './auth-store'
import { settled } from './browser'

/** The words of the page, by that in its address. */
const WORDS = {
  provider_wrong: 'We could not make sure that the answer came from there',
  unverified: 'It has not confirmed your email address',
  other_browser: 'You set out from another browser',
  expired: 'That took too long, or was done already',
  link_first: 'Your email address has an account here',
  no_address: 'It told us no email address',
  cancelled: 'It was cancelled there',
} as const

export type Why = keyof typeof WORDS

/** On the login page in the shop's words, to be read in light and dark, and nobody is logged in. */
export async function expectTurnedAway(page: Page, provider: string, why: Why): Promise<void> {
  await page.waitForURL((url) => url.pathname === '/account/login' && url.searchParams.get('refused') === why)
  const said = page.getByRole('alert')
  await said.getByText(`${provider} did not log you in`).waitFor()
  await said.getByText(WORDS[why]).waitFor()
  await settled(page)
  await expectReadable(page, `${provider}: ${why}`)
  expect((await page.request.get('/api/auth/me')).status(), 'nobody is logged in').toBe(401)
  const cookies = (await page.context().cookies()).map(({ name }) => name)
  expect(cookies.filter((name) => /hanse_(session|errand)$/.test(name)), 'what would let somebody in').toEqual([])
}

/** In light and dark; the page is left as it was found. */
export async function expectReadable(page: Page, what: string): Promise<void> {
  const inks = new Set<string>()
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme })
    // Colours change over a moment, however short.
    await settled(page)
    inks.add(await page.evaluate(() => getComputedStyle(document.body).color))
    expect(await violations(page), `${what}, in ${colorScheme}`).toEqual([])
  }
  expect(inks.size, 'light and dark are two').toBe(2)
}

/** No account is made, changed or linked by what goes on meanwhile. */
export async function openingNothing(work: () => Promise<void>): Promise<void> {
  const before = allOfAccountsAndLinks()
  await work()
  expect(allOfAccountsAndLinks(), 'accounts and links').toEqual(before)
}
