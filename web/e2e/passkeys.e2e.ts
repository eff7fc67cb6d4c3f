/** Passkeys, with Chromium's virtual authenticator in the place of a device. */
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { violations } from './accessible'
import { longAgo, userOf } from './ageing'
import { BASE_URL, settled, useBrowser } from './browser'
import { logIn, newcomer } from './people'

const { visit } = useBrowser()

/** A browser binds passkeys to a name, and the stories' shop is at a number. */
const NAMED = new URL(BASE_URL)
if (NAMED.hostname === '127.0.0.1') NAMED.hostname = 'localhost'

async function device(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  })
}

it('a shopper adds a passkey, logs in with it alone and besides the password, and removes it', async () => {
  const ana = newcomer()
  const shopper = await visit({ baseURL: NAMED.origin })
  const { page } = shopper
  await device(page)
  const hello = page.getByRole('heading', { level: 1, name: `Hello, ${ana.name}` })
  const section = page.getByTestId('passkeys')
  const logOut = async () => {
    await page.goto('/account')
    await page.getByTestId('log-out').click()
    await page.waitForURL('**/account/login')
    await settled(page)
  }

  await page.goto('/account/register')
  await page.locator('[autocomplete="name"]').fill(ana.name)
  await page.locator('[autocomplete="username"]').fill(ana.email)
  await page.locator('[autocomplete="new-password"]').fill(ana.password)
  await page.getByTestId('register').click()
  await page.waitForURL((url) => url.pathname !== '/account/register')
  await page.goto('/account/security')
  await settled(page)
  await page.getByTestId('add-passkey').click()
  await page.getByTestId('passkey-name').fill('Ana\u2019s laptop')
  await section.locator('[autocomplete="current-password"]').fill(ana.password)
  expect(await violations(page), 'the form').toEqual([])
  await page.getByTestId('passkey-go').click()
  const codes = section.getByTestId('recovery-codes').getByRole('listitem')
  await expect.poll(() => codes.count()).toBe(10)
  await section.getByTestId('codes-kept').click()
  await expect.poll(() => section.getByTestId('passkey').innerText()).toContain('laptop')
  expect(await violations(page), 'the list').toEqual([])

  await logOut()
  expect(await violations(page), 'the login').toEqual([])
  await page.getByTestId('log-in-passkey').click()
  await hello.waitFor()

  await logOut()
  await logIn(page, ana)
  await page.getByTestId('show-passkey').click()
  await hello.waitFor()

  const user = await userOf(page)
  await logOut()
  await longAgo(user, async () => {
    await page.getByTestId('log-in-passkey').click()
    await hello.waitFor()
  })
  await page.goto('/account/security')
  await settled(page)
  await page.getByTestId('remove-passkey').click()
  await section.locator('[autocomplete="current-password"]').fill(ana.password)
  await page.getByTestId('passkey-go').click()
  // An hour is too long for what is hard to undo.
  const question = page.getByRole('dialog')
  await question.getByText('Your device shows your passkey.').waitFor()
  expect(await violations(page), 'the question').toEqual([])
  await question.getByTestId('prove').click()
  await expect.poll(() => section.getByTestId('passkey').count()).toBe(0)
  await logOut()
  await logIn(page, ana)
  await hello.waitFor()
  await shopper.close()
})
