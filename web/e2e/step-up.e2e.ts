/** What is hard to undo wants somebody who showed who they are a moment ago, and these showed it an hour ago. */
import type { BrowserContext, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { violations } from './accessible'
import { longAgo, userOf } from './ageing'
import { codeOf } from './authenticator'
import { settled, useBrowser } from './browser'
import { focusIsVisible, tabTo } from './keys'
import { logIn, newcomer, register, type Person } from './people'

const { visit } = useBrowser()

const dialog = (page: Page) => page.getByRole('dialog')
const focused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('data-testid') ?? document.activeElement?.getAttribute('autocomplete'))

/** How often the page has asked the shop for this from now on. */
function asked(page: Page, method: string, path: string): () => number {
  let times = 0
  page.on('request', (request) => (times += Number(request.method() === method && new URL(request.url()).pathname === path)))
  return () => times
}

async function logOut(page: Page): Promise<void> {
  await page.goto('/account')
  await page.getByTestId('log-out').click()
  await page.waitForURL('**/account/login')
  await settled(page)
}

async function erases(page: Page): Promise<void> {
  await page.getByTestId('ask-erasure').click()
  await page.getByTestId('erase').focus()
  await page.keyboard.press('Enter')
  await dialog(page).getByTestId('step-up').waitFor()
}

/** An account with an app, whose owner logs in with a code of it an hour ago. */
async function withApp(page: Page, ana: Person): Promise<{ secret: string; recovery: string[] }> {
  await register(page, ana)
  await page.goto('/account/security')
  await page.locator('[data-testid="factors"] [autocomplete="current-password"]').fill(ana.password)
  await page.getByTestId('begin-app').click()
  const secret = await page.getByTestId('app-secret').innerText()
  await page.getByTestId('factor').fill(codeOf(secret))
  await page.getByTestId('confirm-app').click()
  const codes = page.getByTestId('recovery-codes').getByRole('listitem')
  await expect.poll(() => codes.count()).toBe(10)
  const recovery = await codes.allInnerTexts()
  const user = await userOf(page)
  await logOut(page)
  await longAgo(user, async () => {
    await logIn(page, ana)
    await page.getByTestId('factor').fill(recovery[0]!)
    await page.getByTestId('show-factor').click()
    await page.waitForURL('**/account')
  })
  await settled(page)
  return { secret, recovery }
}

it('a shopper with a keyboard shows the password once more, and the account is deleted without asking again', async () => {
  const ana = newcomer()
  const shopper = await visit()
  const { page } = shopper
  await register(page, ana)
  const user = await userOf(page)
  await logOut(page)
  await longAgo(user, async () => {
    await logIn(page, ana)
    await page.waitForURL('**/account')
  })
  await settled(page)
  await tabTo(page, 'the deletion', '[data-testid="ask-erasure"]')
  const erasures = asked(page, 'POST', '/api/store/me/erase')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await page.getByTestId('erase').waitFor()
  await settled(page)
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-labelledby')), 'the focus is on the question, on none of its answers').toBe('erasure-title')
  expect(erasures(), 'a key that is pressed twice deletes nothing').toBe(0)
  await tabTo(page, 'for good', '[data-testid="erase"]')
  expect(await focusIsVisible(page)).toBe(true)
  await page.keyboard.press('Enter')
  await dialog(page).getByTestId('step-up').waitFor()
  await expect.poll(() => focused(page)).toBe('current-password')
  expect(await dialog(page).getAttribute('aria-labelledby')).not.toBeNull()

  // The focus goes round within it.
  for (let presses = 0; presses < 8; presses += 1) {
    await page.keyboard.press('Tab')
    expect(await dialog(page).evaluate((element) => element.contains(document.activeElement)), 'the focus stays').toBe(true)
    expect(await focusIsVisible(page)).toBe(true)
  }
  await page.keyboard.press('Escape')
  await dialog(page).waitFor({ state: 'detached' })
  await expect.poll(() => focused(page), { message: 'the focus comes back' }).toBe('erase')
  expect(await page.getByRole('main').getByRole('alert').count(), 'nothing went wrong').toBe(0)
  expect(erasures(), 'refused once, and not asked for again').toBe(1)

  await page.keyboard.press('Enter')
  await expect.poll(() => focused(page)).toBe('current-password')
  await page.keyboard.type('not the password')
  await page.keyboard.press('Enter')
  await dialog(page).getByText('This password is wrong.').waitFor()
  await expect.poll(() => focused(page)).toBe('current-password')
  await dialog(page).locator('[autocomplete="current-password"]').fill(ana.password)
  await page.keyboard.press('Enter')
  await page.getByText('Your account is being deleted').waitFor()
  expect(new URL(page.url()).pathname).toBe('/account/login')
  await shopper.close()
})

it('whoever has an app shows its code or a recovery code', async () => {
  const ana = newcomer()
  const shopper = await visit()
  const { page } = shopper
  const { secret, recovery } = await withApp(page, ana)
  await erases(page)
  expect(await focused(page)).toBe('factor')
  await page.keyboard.type('000000')
  await page.keyboard.press('Enter')
  await dialog(page).getByText('This code is wrong').waitFor()
  await expect.poll(() => focused(page)).toBe('factor')
  await dialog(page).getByTestId('other-way').click()
  await expect.poll(() => focused(page)).toBe('factor')
  await page.keyboard.type(recovery[0]!)
  await page.keyboard.press('Enter')
  await dialog(page).getByText('This code is wrong').waitFor()
  await dialog(page).getByTestId('other-way').click()
  // The code of this half minute was used when the app was enrolled; the next one is good already.
  await dialog(page).getByTestId('factor').fill(codeOf(secret, 1))
  await page.keyboard.press('Enter')
  await page.getByText('Your account is being deleted').waitFor()
  await shopper.close()
})

const looks = [
  { colorScheme: 'light', viewport: { width: 1440, height: 900 }, locale: 'en-GB' },
  { colorScheme: 'dark', viewport: { width: 1440, height: 900 }, locale: 'de-DE' },
  { colorScheme: 'light', viewport: { width: 360, height: 640 }, locale: 'de-DE' },
  { colorScheme: 'dark', viewport: { width: 360, height: 640 }, locale: 'en-GB' },
] as const

let kept: ReturnType<BrowserContext['storageState']> | undefined
/** The same for all looks, which show the shop nothing: a browser in which somebody with an app is logged in. */
const session = () => (kept ??= comesIn())

async function comesIn() {
  const shopper = await visit()
  await withApp(shopper.page, newcomer())
  const state = await shopper.page.context().storageState()
  await shopper.close()
  return state
}

describe.each(looks)('in $colorScheme at $viewport.width ($locale)', (look) => {
  it('the question is accessible and fits', async () => {
    const shopper = await visit({ ...look, storageState: await session() })
    const { page } = shopper
    await page.goto('/account')
    await settled(page)
    await erases(page)
    const inspect = async (name: string) => {
      expect(await violations(page), `${name} is not accessible`).toEqual([])
      const box = await dialog(page).boundingBox()
      const { width, height } = look.viewport
      expect(box && box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height, `${name} fits`).toBe(true)
    }
    await inspect('the code')
    await page.keyboard.press('Enter')
    await dialog(page).locator('[aria-invalid="true"]').waitFor()
    await inspect('a missing code')
    await dialog(page).getByTestId('other-way').click()
    await inspect('the recovery code')
    await dialog(page).getByTestId('decline').click()
    await dialog(page).waitFor({ state: 'detached' })
    expect(await focused(page)).toBe('erase')
    expect(await violations(page), 'what is about to be deleted is not accessible').toEqual([])
    await shopper.close()
  })
})
