/** Logging in in two steps: an authenticator app, and the codes for when it is lost. */
import { expect, it } from 'vitest'
import { codeOf } from './authenticator'
import { violations } from './accessible'
import { settled, useBrowser } from './browser'
import { focusIsVisible, tabTo } from './keys'
import { logIn, newcomer, register } from './people'

const { visit } = useBrowser()

it('a shopper with a keyboard enrols an app, logs in with its code and with a recovery code, and removes it', async () => {
  const ana = newcomer()
  const shopper = await visit()
  const { page } = shopper
  const section = page.getByTestId('factors')
  const hello = page.getByRole('heading', { level: 1, name: `Hello, ${ana.name}` })
  const press = async (what: string, selector: string) => {
    await tabTo(page, what, selector)
    expect(await focusIsVisible(page), `${what} shows the focus`).toBe(true)
    await page.keyboard.press('Enter')
  }
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-testid'))

  await register(page, ana)
  await page.goto('/account/security')
  await settled(page)
  await tabTo(page, 'the password', '[data-testid="factors"] [autocomplete="current-password"]')
  await page.keyboard.type(ana.password)
  await page.keyboard.press('Enter')
  const secret = await page.getByTestId('app-secret').innerText()
  await section.getByRole('img', { name: 'QR code' }).waitFor()
  await expect.poll(focused).toBe('factor')
  expect(await violations(page), 'the picture').toEqual([])
  await page.keyboard.type('000000')
  await page.keyboard.press('Enter')
  await section.getByText('This code is wrong').waitFor()
  await page.getByTestId('factor').fill(codeOf(secret))
  await page.keyboard.press('Enter')
  const codes = page.getByTestId('recovery-codes').getByRole('listitem')
  await expect.poll(() => codes.count()).toBe(10)
  const recovery = await codes.allInnerTexts()
  expect(await violations(page), 'the recovery codes').toEqual([])
  await press('that they are kept', '[data-testid="codes-kept"]')
  await section.getByText('An authenticator app is asked for').waitFor()
  expect(await violations(page), 'what is enrolled').toEqual([])

  const logOut = async () => {
    await page.goto('/account')
    await page.getByTestId('log-out').click()
    await page.waitForURL('**/account/login')
  }
  await logOut()
  await logIn(page, ana)
  await expect.poll(focused).toBe('factor')
  expect(await violations(page), 'the second step').toEqual([])
  await page.keyboard.type('nonsense')
  await page.keyboard.press('Enter')
  await page.getByText('This code is wrong').waitFor()
  await page.getByTestId('factor').fill(recovery[0]!)
  await page.keyboard.press('Enter')
  await hello.waitFor()

  await logOut()
  await logIn(page, ana)
  // The code of this half minute was used when the app was enrolled; the next one is good already.
  await page.getByTestId('factor').fill(codeOf(secret, 1))
  await page.keyboard.press('Enter')
  await hello.waitFor()

  await page.goto('/account/security')
  await section.getByText('9 recovery codes are left').waitFor()
  await press('the way to remove it', '[data-testid="remove-app"]')
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('autocomplete'))).toBe('current-password')
  await page.keyboard.type(ana.password)
  await page.getByTestId('factor').fill(recovery[1]!)
  await press('to remove it', '[data-testid="change-factor"]')
  await page.getByTestId('begin-app').waitFor()
  await logOut()
  await logIn(page, ana)
  await hello.waitFor()
  await shopper.close()
})
