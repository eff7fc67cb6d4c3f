/** Having an account: coming in and going out, the cart and the orders that follow one, and what keeps it one's own. */
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { settled, useBrowser, type Visit } from './browser'
import { addToCart, BUYER, fillCheckout } from './goods'
import { focusIsVisible, tabTo } from './keys'
import { mailedPath, outbox } from './mail'
import { fillRegistration, logIn, newcomer, register } from './people'
import { invite } from './staff'

const { visit } = useBrowser()

/** Gateways believe a session for so long without asking, and then some. */
const SESSION_ENDS_WITHIN_MS = 30_000

/** A browser writes every 401 into its console, and these stories are about some. */
function expectQuietBut401(shopper: Visit): void {
  expect(shopper.complaints.filter((text) => !text.includes('status of 401'))).toEqual([])
}

it('a shopper with a keyboard registers, logs out and in, ends another session and changes the password', async () => {
  const ana = newcomer()
  const shopper = await visit()
  const { page } = shopper
  const press = async (what: string, selector: string) => {
    await tabTo(page, what, selector)
    expect(await focusIsVisible(page), `${what} shows the focus`).toBe(true)
    await page.keyboard.press('Enter')
  }
  const type = async (field: string, text: string) => {
    await tabTo(page, field, `main [autocomplete="${field}"]`)
    await page.keyboard.type(text)
  }
  const enter = async (password: string) => {
    await type('username', ana.email)
    await type('current-password', password)
    await page.keyboard.press('Enter')
  }
  const hello = page.getByRole('heading', { level: 1, name: `Hello, ${ana.name}` })

  await page.goto('/account')
  await page.waitForURL('**/account/login?to=/account')
  await settled(page)
  await press('the way to register', 'main a[href^="/account/register"]')
  await page.waitForURL('**/account/register?to=/account')
  await type('name', ana.name)
  await type('username', ana.email)
  await type('new-password', ana.password)
  await page.keyboard.press('Enter')
  await hello.waitFor()
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')

  await press('the way out', '[data-testid="log-out"]')
  await page.waitForURL('**/account/login')
  await enter(ana.password)
  await hello.waitFor()

  const elsewhere = await visit({ userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' })
  await elsewhere.page.goto('/account/login')
  await logIn(elsewhere.page, ana)
  await elsewhere.page.getByRole('heading', { level: 1, name: 'Hello' }).waitFor()

  await press('security', 'main a[href="/account/security"]')
  const sessions = page.getByTestId('session')
  await expect.poll(() => sessions.count()).toBe(2)
  const other = sessions.filter({ hasNotText: 'this device' })
  expect(await other.innerText()).toContain('Firefox on Linux')
  await press('the other session', '[data-testid="session"] button[aria-label*="Firefox"]')
  await expect.poll(() => sessions.count()).toBe(1)
  expect(await sessions.innerText()).toContain('this device')
  const loggedOut = async () => {
    await elsewhere.page.goto('/account')
    await settled(elsewhere.page)
    return new URL(elsewhere.page.url()).pathname
  }
  await expect.poll(loggedOut, { timeout: SESSION_ENDS_WITHIN_MS, interval: 2_000 }).toBe('/account/login')

  await page.reload()
  await sessions.waitFor()
  await type('current-password', ana.password)
  await type('new-password', 'four herrings and a hulk')
  await page.keyboard.press('Enter')
  await page.getByText('Your new password is saved').waitFor()

  await page.goto('/account')
  await hello.waitFor()
  await press('the way out', '[data-testid="log-out"]')
  await page.waitForURL('**/account/login')
  await enter(ana.password)
  await page.getByRole('alert').getByText('The email address or the password is wrong.').waitFor()
  await page.reload()
  await settled(page)
  await enter('four herrings and a hulk')
  await hello.waitFor()
  expectQuietBut401(shopper)
  await Promise.all([shopper.close(), elsewhere.close()])
})

it('the cart and the orders follow whoever logs in', async () => {
  const ana = newcomer()
  const shopper = await visit()
  const { page } = shopper
  await addToCart(page)
  await register(page, ana)
  await page.getByRole('link', { name: 'Cart, 1 item' }).waitFor()

  const elsewhere = await visit()
  const there = elsewhere.page
  await there.goto('/account/login?to=/cart')
  await logIn(there, ana)
  await there.waitForURL('**/cart')
  await there.getByRole('link', { name: 'Cart, 1 item' }).waitFor()

  await page.goto('/checkout')
  await expect.poll(() => page.locator('input[type="email"]').inputValue()).toBe(ana.email)
  await fillCheckout(page, { ...BUYER, email: ana.email })
  expect(await page.getByTestId('news').isChecked(), 'nobody agrees by not looking').toBe(false)
  await page.getByTestId('news').check()
  // The consent goes after the order, which does not wait for it.
  const kept = page.waitForResponse((response) => response.request().method() === 'PUT' && new URL(response.url()).pathname === '/api/store/me/consents')
  await page.getByTestId('pay').click()
  await page.getByTestId('thanks').waitFor()
  expect((await kept).status(), 'the consent').toBe(200)
  const number = await page.getByTestId('order-number').innerText()
  await page.goto('/account')
  await expect.poll(() => page.getByTestId('news').isChecked(), { message: 'the consent came with the order' }).toBe(true)
  await page.getByTestId('own-order').getByRole('link', { name: number }).click()
  await page.getByRole('heading', { level: 1, name: `Order ${number}` }).waitFor()
  const address = new URL(page.url()).pathname
  expectQuietBut401(shopper)

  await there.goto(address)
  await there.getByRole('heading', { level: 1, name: `Order ${number}` }).waitFor()
  await there.goto('/account')
  await there.getByTestId('log-out').click()
  await there.waitForURL('**/account/login')
  await there.goto(address)
  await there.getByText('This order is locked').waitFor()
  await there.getByRole('main').getByRole('link', { name: 'Log in' }).click()
  await logIn(there, ana)
  await there.getByRole('heading', { level: 1, name: `Order ${number}` }).waitFor()
  expectQuietBut401(elsewhere)
  await Promise.all([shopper.close(), elsewhere.close()])
})

it('a login never leads out of the shop, and an address that has an account stays unknown', async () => {
  const ana = newcomer()
  const first = await visit()
  await register(first.page, ana)
  const second = await visit()
  const { page } = second
  await fillRegistration(page, { ...ana, password: 'five herrings and a hulk' })
  await page.getByText('Please look into your mail').waitFor()
  await page.goto('/account/login?to=//example.org')
  await logIn(page, ana)
  await page.getByRole('heading', { level: 1, name: 'Hello' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/account')
  await Promise.all([first.close(), second.close()])
})

it('an address is confirmed and changed by mailed links, each once', async (story) => {
  story.skip((await outbox()) === null, 'this shop sends its mails')
  const ana = newcomer()
  const fresh = { ...ana, email: `new-${ana.email}` }
  const shopper = await visit()
  const { page } = shopper
  const confirm = async (kind: string, to: string, done: string) => {
    const path = await mailedPath(kind, to)
    await page.goto(path)
    await page.getByTestId('confirm').click()
    await page.getByText(done).waitFor()
    expect(new URL(page.url()).hash).toBe('')
    return path
  }

  await register(page, ana)
  await page.getByTestId('verify-again').waitFor()
  await confirm('verify_email', ana.email, 'Your address is confirmed')
  await page.getByRole('link', { name: 'To your account' }).click()
  await page.getByText(ana.email, { exact: true }).waitFor()
  expect(await page.getByTestId('verify-again').count()).toBe(0)

  await page.goto('/account/security')
  const form = page.getByRole('region', { name: 'Change the email address' })
  await form.locator('[autocomplete="email"]').fill(fresh.email)
  await form.locator('[autocomplete="current-password"]').fill('not the password')
  await page.getByTestId('change-email').click()
  await form.getByText('This password is wrong.').waitFor()
  await form.locator('[autocomplete="current-password"]').fill(ana.password)
  await page.getByTestId('change-email').click()
  await form.getByText('Please look into the mail of the new address').waitFor()
  const path = await confirm('change_email', fresh.email, 'Your new address counts from now on')

  await page.goto('/account')
  await settled(page)
  if (new URL(page.url()).pathname === '/account') await page.getByTestId('log-out').click()
  await page.waitForURL((url) => url.pathname === '/account/login')
  await logIn(page, ana)
  await page.getByRole('alert').waitFor()
  await page.reload()
  await settled(page)
  await logIn(page, fresh)
  await page.getByText(fresh.email, { exact: true }).waitFor()
  await page.goto(path)
  await page.getByTestId('confirm').click()
  await page.getByText('This link is not good any more').waitFor()
  await shopper.close()
})

it('whoever is invited to work here accepts with a new password, and a shopper with the one that they have', async () => {
  const [ana, bo] = [newcomer(), newcomer()]
  const shopper = await visit()
  const { page } = shopper
  await invite({ email: ana.email, name: ana.name, role: 'catalogue' })
  const path = await mailedPath('invitation', ana.email)
  await page.goto(path)
  await page.getByText(`Hello ${ana.name}, you are asked to work here as catalogue.`).waitFor()
  expect(new URL(page.url()).hash, 'the secret leaves the address bar').toBe('')
  const accept = async (selector: string, password: string) => {
    await tabTo(page, 'the password', selector)
    await page.keyboard.type(password)
    await page.keyboard.press('Enter')
  }
  await accept('main [autocomplete="new-password"]', 'short')
  await page.getByText('Please take at least 10 characters.').waitFor()
  await page.locator('main [autocomplete="new-password"]').fill('')
  await accept('main [autocomplete="new-password"]', ana.password)
  await page.getByText('Welcome aboard').waitFor()
  await page.getByRole('link', { name: 'Log in' }).last().click()
  await logIn(page, ana)
  await page.getByRole('heading', { level: 1, name: `Hello, ${ana.name}` }).waitFor()
  await page.goto(path)
  await page.getByText('This link is not good any more').waitFor()

  const other = await visit()
  await register(other.page, bo)
  await invite({ email: bo.email, name: bo.name, role: 'support' })
  await other.page.goto(await mailedPath('invitation', bo.email))
  await other.page.getByText(`You have an account with ${bo.email} already`).waitFor()
  const password = other.page.locator('main [autocomplete="current-password"]')
  await password.fill('not the password')
  await other.page.getByTestId('accept').click()
  await other.page.getByText('This password is wrong.').waitFor()
  await password.fill(bo.password)
  await other.page.getByTestId('accept').click()
  await other.page.getByText('Welcome aboard').waitFor()
  expectQuietBut401(other)
  await Promise.all([shopper.close(), other.close()])
})

it('somebody takes their data along and has the account deleted, with a keyboard', async () => {
  const ana = newcomer()
  const shopper = await visit()
  const { page } = shopper
  await register(page, ana)
  await page.goto('/account')
  await settled(page)
  await tabTo(page, 'the download', '[data-testid="download-data"]')
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')])
  expect(download.suggestedFilename()).toBe('my-data.json')
  const told = JSON.parse(await readFile(await download.path(), 'utf8')) as { held: { auth: { account: { email: string }[] } } }
  expect(told.held.auth.account[0]?.email).toBe(ana.email)

  await tabTo(page, 'the deletion', '[data-testid="ask-erasure"]')
  expect(await focusIsVisible(page)).toBe(true)
  await page.keyboard.press('Enter')
  await page.getByText('Orders stay in our books').waitFor()
  await tabTo(page, 'the way back', '[data-testid="keep"]')
  await page.keyboard.press('Enter')
  expect(await page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('ask-erasure')
  await page.keyboard.press('Enter')
  // They have just registered, which shows who they are: nothing is asked once more.
  await tabTo(page, 'for good', '[data-testid="erase"]')
  await page.keyboard.press('Enter')
  await page.getByText('Your account is being deleted').waitFor()
  expect(new URL(page.url()).pathname).toBe('/account/login')

  const comesIn = async () => {
    await page.reload()
    await settled(page)
    await logIn(page, ana)
    await page.getByRole('alert').first().waitFor()
    return page.getByRole('alert').first().innerText()
  }
  expect(await comesIn()).toContain('The email address or the password is wrong.')
  expectQuietBut401(shopper)
  await register(page, ana)
  await page.goto('/account')
  await page.getByText('No orders yet').waitFor()
  await shopper.close()
})
