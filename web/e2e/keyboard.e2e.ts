/** Buying without a pointer. */
import { expect, it } from 'vitest'
import { expectQuiet, settled, useBrowser } from './browser'
import { BUYER, productWithVariants } from './goods'
import { focusIsVisible, tabTo } from './keys'

const { visit } = useBrowser()

it('a shopper with a keyboard buys', async () => {
  const { product, first, option } = await productWithVariants()
  const shopper = await visit()
  const { page } = shopper
  await page.goto(`/products/${product.slug}`)
  await settled(page)

  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
  await page.keyboard.press('Enter')
  const group = page.getByRole('radiogroup', { name: option })
  // A product may have an option before this one that leaves nothing to choose.
  const inGroup = () => group.evaluate((element) => element.contains(document.activeElement))
  do await tabTo(page, 'the option', '[role="radio"]')
  while (!(await inGroup()))
  expect(await focusIsVisible(page)).toBe(true)
  const chosen = group.locator('[aria-checked="true"]')
  const before = await chosen.getAttribute('data-value')
  await page.keyboard.press('ArrowRight')
  await expect.poll(() => chosen.getAttribute('data-value')).not.toBe(before)
  await page.goto(`/products/${product.slug}?variant=${first.id}`)
  await settled(page)
  await tabTo(page, 'the cart button', '[data-testid="add"]')
  await page.keyboard.press('Enter')

  const dialog = page.getByRole('dialog')
  await dialog.waitFor()
  expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true)
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  expect(await page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('add')

  await page.goto('/checkout')
  await settled(page)
  const type = async (field: string, text: string) => {
    await tabTo(page, field, `[autocomplete="${field}"]`)
    await page.keyboard.type(text)
  }
  await type('email', BUYER.email)
  await type('shipping country', 'Sweden')
  await type('shipping name', BUYER.name)
  await type('shipping address-line1', BUYER['address-line1'])
  await type('shipping postal-code', BUYER['postal-code'])
  await type('shipping address-level2', BUYER['address-level2'])
  await page.getByRole('radiogroup', { name: 'Shipping' }).locator('[data-state="checked"]').first().waitFor()
  await settled(page)
  await tabTo(page, 'the payment choices', '[data-choice^="tok_"]')
  await tabTo(page, 'the pay button', '[data-testid="pay"]')
  expect(await focusIsVisible(page)).toBe(true)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/orders/*/confirmation')
  await page.getByTestId('thanks').waitFor()
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
  expectQuiet(shopper)
  await shopper.close()
})
