/** Staff put up pictures of a product, and shoppers see them. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { violations } from './accessible'
import { settled, useBrowser, type Visit } from './browser'
import { pictured } from './goods'
import { focusIsVisible, tabTo } from './keys'
import { painting, type Picture } from './painting'
import { logIn, newcomer, register } from './people'
import { owner } from './staff'

const { visit } = useBrowser()

/** Of a shade that no product has yet: a product keeps the same picture once. */
const shade = () => 40 + Math.floor(Math.random() * 200)
const green = () => painting('mug in green.png', [shade(), 125, shade()])
const blue = () => painting('mug in blue.png', [shade(), shade(), 156])
const NOTES: Picture = { name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('Handle,Title\nmug,Enamel mug\n') }
/** What is above ten of them is still on its way when the shop says no. */
const HEAVY: Picture = { name: 'heavy.png', mimeType: 'image/png', buffer: Buffer.alloc(11 * 1024 * 1024, 1) }

const rows = (page: Page) => page.getByTestId('picture')
/** A picture is made anew in up to four widths before it is there. */
const MADE = { timeout: 20_000 }

/** By the file chooser, as it opens for whoever presses the button that has the focus. */
async function choose(page: Page, files: Picture[]): Promise<void> {
  const chooser = page.waitForEvent('filechooser')
  await page.keyboard.press('Enter')
  await (await chooser).setFiles(files)
}

/** The browser hands over its file choosers from here on: told later, it may be slower than a key. */
async function comesIn(clerk: Visit, to: string): Promise<void> {
  clerk.page.on('filechooser', () => undefined)
  await clerk.page.goto(`/account/login?to=${to}`)
  await settled(clerk.page)
  await logIn(clerk.page, owner())
  await clerk.page.waitForURL(`**${to}`)
  await settled(clerk.page)
}

async function inspect(page: Page, name: string): Promise<void> {
  // What lies half below the header just then is not too small to be hit.
  await page.evaluate(() => scrollTo(0, 0))
  expect(await violations(page), `${name} is not accessible`).toEqual([])
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(overflow, `${name} scrolls sideways`).toBe(0)
}

/** What was added to a product for a story goes with it. */
async function takeDown(page: Page, left: number): Promise<void> {
  while ((await rows(page).count()) > left) {
    const before = await rows(page).count()
    await rows(page).last().getByTestId('remove').click()
    await rows(page).last().getByTestId('remove-yes').click()
    await expect.poll(() => rows(page).count(), MADE).toBe(before - 1)
  }
}

it('staff with a keyboard find a product, put up pictures, describe and order them, and take one down', async () => {
  const product = await pictured()
  const clerk = await visit()
  const { page } = clerk
  const press = async (what: string, selector: string) => {
    await tabTo(page, what, selector)
    expect(await focusIsVisible(page), `${what} shows the focus`).toBe(true)
    await page.keyboard.press('Enter')
  }
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-testid'))
  const told = page.locator('[aria-live="polite"]').last()
  const nth = (n: number) => `[data-testid="picture"]:nth-child(${n})`

  await comesIn(clerk, '/account/pictures')
  await tabTo(page, 'the search', '[data-testid="find"]')
  await page.keyboard.type(product.title)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/account/pictures?q=**')
  const found = page.getByTestId('product').getByRole('link', { name: product.title, exact: true })
  await found.waitFor()
  await press('the product', `[data-testid="product"] a[href$="/${product.id}"]`)
  await page.getByRole('heading', { level: 1, name: product.title }).waitFor()
  await settled(page)
  const before = product.images.length
  expect(await rows(page).count()).toBe(before)

  await tabTo(page, 'the way to files', '[data-testid="choose"]')
  await choose(page, [green(), blue()])
  await expect.poll(() => rows(page).count(), MADE).toBe(before + 2)
  await expect.poll(() => told.innerText(), MADE).toContain('was added')
  expect(await focused(), 'more can be chosen at once').toBe('choose')
  await tabTo(page, 'what the last one shows', `${nth(before + 2)} [data-testid="alt"]`)
  await page.keyboard.type('A mug before the harbour')
  await page.keyboard.press('Tab')
  await expect.poll(() => told.innerText(), MADE).toContain('The description is saved')
  await inspect(page, 'the pictures')

  await tabTo(page, 'the way forward', `${nth(before + 2)} [data-testid="earlier"]`)
  for (let n = before + 1; n >= 1; n -= 1) {
    await page.keyboard.press('Enter')
    await expect.poll(() => told.innerText(), MADE).toContain(`Now picture ${n} of ${before + 2}`)
    expect(await focused(), 'the focus goes along').toBe('earlier')
  }
  await rows(page).first().getByText('Shown in lists').waitFor()
  const shown = await rows(page).first().locator('img').getAttribute('src')
  expect(await rows(page).first().getByTestId('alt').inputValue()).toBe('A mug before the harbour')

  const shopper = await visit()
  const card = shopper.page.locator(`.hs-card:has(a[href^="/products/${product.slug}"]) img`).first()
  const seen = async () => {
    await shopper.page.goto(`/products?q=${encodeURIComponent(product.title)}`)
    await settled(shopper.page)
    return card.getAttribute('src')
  }
  await expect.poll(seen, MADE).toBe(shown)
  await shopper.page.goto(`/products/${product.slug}`)
  await settled(shopper.page)
  await shopper.page.getByRole('button', { name: 'Show picture 1', exact: true }).click()
  const large = shopper.page.locator('.hs-gallery > .hs-media img')
  await expect.poll(() => large.getAttribute('src')).toBe(shown)
  expect(await large.getAttribute('alt')).toBe('A mug before the harbour')
  const loaded = () => large.evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth > 0)
  await expect.poll(loaded, MADE).toBe(true)

  await press('the bin', `${nth(1)} [data-testid="remove"]`)
  expect(await page.evaluate(() => document.activeElement?.textContent), 'nothing goes by pressing twice').toContain('Keep it')
  await page.keyboard.press('Enter')
  expect(await focused()).toBe('remove')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Shift+Tab')
  expect(await focused()).toBe('remove-yes')
  await page.keyboard.press('Enter')
  await expect.poll(() => rows(page).count(), MADE).toBe(before + 1)
  await expect.poll(() => told.innerText(), MADE).toContain('The picture was removed')
  await expect.poll(focused).toBe('pictures')
  await expect.poll(seen, MADE).not.toBe(shown)
  await takeDown(page, before)
  await Promise.all([clerk.close(), shopper.close()])
})

const looks = [
  { colorScheme: 'light', viewport: { width: 1440, height: 900 }, locale: 'en-GB' },
  { colorScheme: 'dark', viewport: { width: 1440, height: 900 }, locale: 'de-DE' },
  { colorScheme: 'light', viewport: { width: 360, height: 780 }, locale: 'de-DE' },
  { colorScheme: 'dark', viewport: { width: 360, height: 780 }, locale: 'en-GB' },
] as const

describe.each(looks)('in $colorScheme at $viewport.width ($locale)', (look) => {
  const german = look.locale === 'de-DE'
  const why = german
    ? ['Das ist kein JPEG, PNG oder WebP', 'Die Datei hat mehr als 10 MB']
    : ['This is no JPEG, PNG or WebP', 'The file has more than 10 MB']

  it('what is no picture is refused with words, and the pages are accessible and fit', async () => {
    const product = await pictured()
    const clerk = await visit(look)
    const { page } = clerk
    await comesIn(clerk, '/account/pictures')
    await page.getByTestId('product').first().waitFor()
    await settled(page)
    await inspect(page, 'the products')
    await page.goto(`/account/pictures/${product.id}`)
    await settled(page)
    const before = await rows(page).count()
    await page.getByTestId('choose').focus()
    await choose(page, [NOTES, HEAVY])
    const refused = page.getByTestId('upload')
    await expect.poll(() => refused.getByRole('alert').count(), MADE).toBe(2)
    const words = (await refused.allInnerTexts()).join('\n')
    for (const text of [NOTES.name, HEAVY.name, ...why]) expect(words).toContain(text)
    expect(await rows(page).count(), 'nothing was added').toBe(before)
    await inspect(page, 'what was refused')

    for (let left = 1; left >= 0; left -= 1) {
      await refused.first().getByRole('button').last().focus()
      await page.keyboard.press('Enter')
      await expect.poll(() => refused.count(), MADE).toBe(left)
      expect(await page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('choose')
    }
    const mug = green()
    await choose(page, [mug])
    await expect.poll(() => rows(page).count(), MADE).toBe(before + 1)
    expect(await page.getByTestId('known').count()).toBe(0)
    await choose(page, [{ ...mug, name: 'the same mug.png' }])
    await page.getByTestId('known').getByText('the same mug.png').waitFor()
    expect(await rows(page).count(), 'it is there once').toBe(before + 1)
    await inspect(page, 'a picture that is there already')
    await rows(page).last().getByTestId('remove').click()
    await inspect(page, 'what is about to be removed')
    await rows(page).last().getByTestId('remove-yes').click()
    await expect.poll(() => rows(page).count(), MADE).toBe(before)
    await page.goto('/account/pictures?q=zzzzzzzz')
    await settled(page)
    await inspect(page, 'no product')
    await clerk.close()
  })
})

it('a picture is moved by mouse, and who does not keep the catalogue is told so', async () => {
  const product = await pictured()
  const clerk = await visit()
  const { page } = clerk
  await comesIn(clerk, `/account/pictures/${product.id}`)
  await rows(page).first().waitFor()
  const before = await rows(page).count()
  await page.getByTestId('choose').focus()
  await choose(page, [green()])
  await expect.poll(() => rows(page).count(), MADE).toBe(before + 1)
  const added = await rows(page).last().locator('img').getAttribute('src')
  const neighbour = rows(page).nth(before - 1)
  await rows(page).last().locator('img').dragTo(neighbour)
  await expect.poll(() => neighbour.locator('img').getAttribute('src'), MADE).toBe(added)
  await neighbour.getByTestId('remove').click()
  await neighbour.getByTestId('remove-yes').click()
  await expect.poll(() => rows(page).count(), MADE).toBe(before)

  const shopper = await visit()
  await register(shopper.page, newcomer())
  await shopper.page.goto('/account/pictures')
  await shopper.page.getByText('This is for those who keep the catalogue').waitFor()
  await Promise.all([clerk.close(), shopper.close()])
})
