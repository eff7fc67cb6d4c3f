/** A provider of logins that errs or lies, in a process of its own: what it tells opens nothing. */
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { accountsAndLinks } from './auth-store'
import { settled, useBrowser } from './browser'
import { confirmAddress, newcomer, register, type Person } from './people'
import { proveAtProvider, setOut } from './provider'
import { expectReadable, expectTurnedAway, openingNothing } from './refusal'

const { visit } = useBrowser()

const LABEL = 'Wrecker ID'
const someone = () => `${crypto.randomUUID()}@example.org`
const hello = (page: Page) => page.getByRole('heading', { level: 1, name: 'Hello, Ana Lund' })

/** By the word that an address there begins with (lies.mjs). */
const LIES = [
  { lie: 'the nonce of another login', word: 'badnonce' },
  { lie: 'no nonce', word: 'nononce' },
  { lie: 'another issuer in its token', word: 'badissuer' },
  { lie: 'another issuer on the way back', word: 'badsender' },
  { lie: 'no issuer on the way back', word: 'nosender' },
  { lie: 'a token for another shop', word: 'badaudience' },
  { lie: 'a token of a key that it does not publish', word: 'badkey' },
  { lie: 'a forged signature', word: 'forged' },
]

/** Where browsers came back to the shop, with code and state. */
function waysBack(page: Page): string[] {
  const ways: string[] = []
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/api/auth/oauth/wrecker/callback') ways.push(request.url())
  })
  return ways
}

async function logOut(page: Page): Promise<void> {
  await page.goto('/account')
  await page.getByTestId('log-out').click()
  await page.waitForURL('**/account/login')
}

async function verified(): Promise<Person> {
  const ana = newcomer()
  const first = await visit()
  await register(first.page, ana)
  await confirmAddress(first.page, ana.email)
  await first.close()
  return ana
}

it('whoever such a provider tells the truth about comes in, and into the account of an address that both have verified', async () => {
  const ana = await verified()
  for (const email of [`honest-${someone()}`, ana.email]) {
    const before = accountsAndLinks()
    const shopper = await visit()
    await setOut(shopper.page, 'wrecker')
    await proveAtProvider(shopper.page, email)
    await hello(shopper.page).waitFor()
    await shopper.page.getByText(email, { exact: true }).waitFor()
    expect(accountsAndLinks(), 'what a refusal is told by').not.toEqual(before)
    await shopper.close()
  }
})

it.each(LIES)('with $lie a provider lets nobody in, which the shop says so that all can read it', async ({ word }) => {
  await openingNothing(async () => {
    const shopper = await visit()
    const { page } = shopper
    await setOut(page, 'wrecker', '/account/login?to=/cart')
    await proveAtProvider(page, `${word}-${someone()}`)
    await expectTurnedAway(page, LABEL, 'provider_wrong')
    expect(new URL(page.url()).searchParams.get('to')).toBe('/cart')
    await shopper.close()
  })
})

it.each(LIES)('with $lie a provider is linked with no account, though its owner asks for it', async ({ word }) => {
  const shopper = await visit()
  const { page } = shopper
  await register(page, newcomer())
  await openingNothing(async () => {
    await page.goto('/account/security')
    await page.locator('[data-link="wrecker"]').click()
    await proveAtProvider(page, `${word}-${someone()}`)
    await page.waitForURL('**/account/security?refused=provider_wrong**')
    await page.getByRole('alert').getByText(`${LABEL} was not linked`).waitFor()
    await settled(page)
    expect(await page.getByTestId('identity').count()).toBe(0)
    await expectReadable(page, 'a link that came to nothing')
  })
  await shopper.close()
})

it('an address that the provider has not verified leads into no account that has it, verified though it is here', async () => {
  const unverified = { ...newcomer(), email: `unverified-${someone()}` }
  const owner = await visit()
  await register(owner.page, unverified)
  await confirmAddress(owner.page, unverified.email)
  await openingNothing(async () => {
    const other = await visit()
    await setOut(other.page, 'wrecker')
    await proveAtProvider(other.page, unverified.email)
    await expectTurnedAway(other.page, LABEL, 'unverified')
    await other.close()
  })
  await owner.page.goto('/account/security')
  await owner.page.locator('[data-link="wrecker"]').waitFor()
  expect(await owner.page.getByTestId('identity').count(), 'its owner finds nothing linked').toBe(0)
  await owner.close()
})

it('the way back from a provider leads in once, and only the browser that set out', async () => {
  const email = `honest-${someone()}`
  const shopper = await visit()
  const { page } = shopper
  const ways = waysBack(page)
  await setOut(page, 'wrecker')
  await page.locator('input[name="login"]').waitFor()
  const errand = (await page.context().cookies()).filter(({ name }) => name.endsWith('hanse_errand'))
  expect(errand.length, 'what the browser set out with').toBe(1)
  await proveAtProvider(page, email)
  await hello(page).waitFor()
  expect(ways.length).toBe(1)
  const [back] = ways
  await logOut(page)

  await openingNothing(async () => {
    await page.goto(back!)
    await expectTurnedAway(page, LABEL, 'other_browser')
    // With all that belonged to it, as after a copy of the browser's folder.
    await page.context().addCookies(errand)
    await page.goto(back!)
    await expectTurnedAway(page, LABEL, 'expired')

    const other = await visit()
    await other.page.goto(back!)
    await expectTurnedAway(other.page, LABEL, 'other_browser')
    // One that set out for itself, and came back by the other's way.
    await setOut(other.page, 'wrecker')
    await other.page.locator('input[name="login"]').waitFor()
    await other.page.goto(back!)
    await expectTurnedAway(other.page, LABEL, 'other_browser')
    await other.close()
  })
  await shopper.close()
})

it('a way back that another took first is of no use to them, and still the way in for who set out', async () => {
  const shopper = await visit()
  const { page } = shopper
  const ways = waysBack(page)
  await setOut(page, 'wrecker')
  await page.locator('input[name="login"]').waitFor()
  const errand = (await page.context().cookies()).filter(({ name }) => name.endsWith('hanse_errand'))
  // The shop never hears of it from this browser: the errand is not with it when it comes back.
  await page.context().clearCookies({ name: errand[0]!.name })
  await openingNothing(async () => {
    await proveAtProvider(page, `honest-${someone()}`)
    await expectTurnedAway(page, LABEL, 'other_browser')
    const thief = await visit()
    await thief.page.goto(ways[0]!)
    await expectTurnedAway(thief.page, LABEL, 'other_browser')
    await thief.close()
  })
  await page.context().addCookies(errand)
  await page.goto(ways[0]!)
  await hello(page).waitFor()
  await shopper.close()
})

it('a code that was exchanged before lets nobody in a second time', async () => {
  const email = `replayed-${someone()}`
  const first = await visit()
  await setOut(first.page, 'wrecker')
  await proveAtProvider(first.page, email)
  await hello(first.page).waitFor()
  await first.close()

  // The same person at the provider, which sends them back with the code of then.
  await openingNothing(async () => {
    const second = await visit()
    await setOut(second.page, 'wrecker')
    await proveAtProvider(second.page, email)
    await expectTurnedAway(second.page, LABEL, 'provider_wrong')
    await second.close()
  })
})
