/** Logging in with who one is elsewhere, at a real provider in a process of its own, and linking it. */
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { violations } from './accessible'
import { longAgo, userOf } from './ageing'
import { codeOf } from './authenticator'
import { settled, useBrowser } from './browser'
import { addToCart } from './goods'
import { focusIsVisible, tabTo } from './keys'
import { mailedPath, mailedText } from './mail'
import { logIn, newcomer, register } from './people'
import { proveAtProvider, setOut } from './provider'

const { visit } = useBrowser()

const someone = () => `ana-${crypto.randomUUID()}@example.org`
const hello = (page: Page) => page.getByRole('heading', { level: 1, name: 'Hello, Ana Lund' })

async function logOut(page: Page): Promise<void> {
  await page.goto('/account')
  await page.getByTestId('log-out').click()
  await page.waitForURL('**/account/login')
}

/** Somebody new, whose account the provider made, logged in with it an hour ago. */
async function cameLongAgo(page: Page): Promise<void> {
  await setOut(page, 'kontor')
  await proveAtProvider(page, someone())
  await hello(page).waitFor()
  const user = await userOf(page)
  await logOut(page)
  await longAgo(user, async () => {
    await page.locator('[data-provider="kontor"]').click()
    await hello(page).waitFor()
  })
}

it('a shopper with a keyboard logs in by a provider, with the cart, and later takes a password', async () => {
  const email = someone()
  const shopper = await visit()
  const { page } = shopper
  await addToCart(page)
  await page.goto('/account')
  await page.waitForURL('**/account/login?to=/account')
  await settled(page)
  await tabTo(page, 'the provider', '[data-provider="kontor"]')
  expect(await focusIsVisible(page)).toBe(true)
  await page.keyboard.press('Enter')
  await proveAtProvider(page, email)
  await hello(page).waitFor()
  expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/account')
  await page.getByText(email, { exact: true }).waitFor()
  expect(await page.getByTestId('verify-again').count(), 'the provider vouches for the address').toBe(0)
  await page.getByRole('link', { name: 'Cart, 1 item' }).waitFor()

  await page.goto('/account/security')
  await page.getByTestId('identity').getByRole('button', { name: 'Remove Kontor ID' }).click()
  await page.getByText('Nothing would be left to log in with').waitFor()
  await page.getByTestId('take-password').click()
  await page.getByText('a link is on its way').waitFor()
  const path = await mailedPath('reset_password', email)
  await page.goto(path)
  await page.locator('[autocomplete="new-password"]').fill('three herrings and a cog')
  await page.locator('main form button[type="submit"]').click()
  await page.getByText('Your new password is saved').waitFor()
  // A gateway believes the session for a moment longer.
  await page.goto('/account')
  await settled(page)
  if (new URL(page.url()).pathname === '/account') await page.getByTestId('log-out').click()
  await page.waitForURL((url) => url.pathname === '/account/login')
  await logIn(page, { name: 'Ana Lund', email, password: 'three herrings and a cog' })
  await hello(page).waitFor()
  await page.getByRole('link', { name: 'Cart, 1 item' }).waitFor()
  await page.goto('/account/security')
  await page.getByTestId('identity').getByRole('button', { name: 'Remove Kontor ID' }).click()
  await expect.poll(() => page.getByTestId('identity').count()).toBe(0)
  await page.locator('[data-link="kontor"]').waitFor()
  await shopper.close()
})

it('an account is linked by its owner, logged in to, and let go of', async () => {
  const ana = newcomer()
  const there = someone()
  const shopper = await visit()
  const { page } = shopper
  await register(page, ana)
  await page.goto('/account/security')
  await page.locator('[data-link="kontor"]').click()
  await proveAtProvider(page, there)
  await page.waitForURL('**/account/security')
  const linked = page.getByTestId('identity')
  await linked.getByText('Kontor ID').waitFor()
  expect(await linked.innerText()).toContain('not used yet')

  await logOut(page)
  await page.locator('[data-provider="kontor"]').click()
  await hello(page).waitFor()
  await page.getByText(ana.email, { exact: true }).waitFor()
  expect(await mailedText('identity_linked', ana.email)).toContain('Kontor ID')

  await page.goto('/account/security')
  await linked.getByRole('button', { name: 'Remove Kontor ID' }).click()
  await expect.poll(() => linked.count()).toBe(0)
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('linked-title')
  await shopper.close()
})

it('an account without a password is deleted after its owner logged in with the provider again', async () => {
  const shopper = await visit()
  const { page } = shopper
  await cameLongAgo(page)
  const erase = async () => {
    await settled(page)
    await page.getByTestId('ask-erasure').click()
    await page.getByTestId('erase').click()
  }
  await erase()
  const again = page.getByRole('dialog').getByRole('link', { name: 'Log in again with Kontor ID' })
  await again.waitFor()
  expect(await violations(page), 'the way to log in again').toEqual([])
  await again.click()
  await hello(page).waitFor()
  expect(new URL(page.url()).pathname).toBe('/account')
  await erase()
  await page.getByText('Your account is being deleted').waitFor()
  await shopper.close()
})

it('an account without a password has an app set up and removed by its owner, who logs in with the provider again where that was long ago', async () => {
  const shopper = await visit()
  const { page } = shopper
  const section = page.getByTestId('factors')
  await cameLongAgo(page)
  const begins = async () => {
    await page.goto('/account/security')
    await settled(page)
    await tabTo(page, 'the way to an app', '[data-testid="begin-app"]')
    expect(await focusIsVisible(page)).toBe(true)
    await page.keyboard.press('Enter')
  }
  await begins()
  expect(await violations(page), 'factors of somebody without a password').toEqual([])
  await page.getByRole('dialog').getByRole('link', { name: 'Log in again with Kontor ID' }).click()
  await page.waitForURL('**/account/security')
  await begins()
  const secret = await page.getByTestId('app-secret').innerText()
  await page.getByTestId('factor').fill(codeOf(secret))
  await page.keyboard.press('Enter')
  const codes = page.getByTestId('recovery-codes').getByRole('listitem')
  await expect.poll(() => codes.count()).toBe(10)
  const [recovery] = await codes.allInnerTexts()
  await page.getByTestId('codes-kept').click()
  await section.getByText('An authenticator app is asked for').waitFor()

  await tabTo(page, 'the way to remove it', '[data-testid="remove-app"]')
  await page.keyboard.press('Enter')
  await page.getByTestId('change-factor').waitFor()
  expect(await page.evaluate(() => document.activeElement?.getAttribute('data-testid')), 'a code alone is asked for').toBe('factor')
  expect(await violations(page), 'the removal').toEqual([])
  await page.keyboard.type(recovery!)
  await page.keyboard.press('Enter')
  await page.getByTestId('begin-app').waitFor()
  await shopper.close()
})

it('whoever is not let in is told why, in the words of the shop and the language that they read', async () => {
  const unverified = `unverified-${someone()}`
  const shopper = await visit({ locale: 'de-DE' })
  const { page } = shopper
  await setOut(page, 'kontor', '/account/login?to=/cart')
  await proveAtProvider(page, unverified)
  await page.waitForURL('**/account/login?refused=unverified**')
  await page.getByRole('alert').getByText('Kontor ID hat Sie nicht angemeldet').waitFor()
  expect(new URL(page.url()).searchParams.get('to')).toBe('/cart')
  await page.goto('/account/login?refused=<img src=x onerror=alert(1)>&provider=Nobody')
  await settled(page)
  expect(await page.getByRole('alert').count(), 'the address bar puts no words into the shop’s mouth').toBe(0)

  // An address with an account that its owner has not verified is theirs to link.
  const ana = newcomer()
  const first = await visit()
  await register(first.page, ana)
  const second = await visit()
  await setOut(second.page, 'kontor')
  await proveAtProvider(second.page, ana.email)
  await second.page.getByRole('alert').getByText('link Kontor ID under Security').waitFor()

  // No, at the provider.
  const third = await visit()
  await setOut(third.page, 'kontor')
  await third.page.getByRole('link', { name: 'Cancel' }).click()
  await third.page.getByRole('alert').getByText('It was cancelled there').waitFor()
  await Promise.all([shopper, first, second, third].map((one) => one.close()))
})
