/** The main job: from the home page to a paid order, and every way a payment can go. */
import { describe, expect, it } from 'vitest'
import { expectQuiet, settled, useBrowser } from './browser'
import { addToCart, BUYER, fillCheckout, orderBy, productWithVariants } from './goods'

const { visit } = useBrowser()

describe('a shopper', () => {
  it('browses, picks a variant, fills the cart, pays, and finds the order again', async () => {
    const { product, second, option } = await productWithVariants()
    const shopper = await visit()
    const { page } = shopper

    await page.goto('/')
    await settled(page)
    await page.getByRole('navigation', { name: 'Categories' }).getByRole('link').first().click()
    await page.waitForURL('**/products?category=*')
    await settled(page)
    expect(await page.locator('.hs-card').count()).toBeGreaterThan(0)

    await page.locator('.hs-search input').fill(product.title)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/products?q=*')
    await page.locator('.hs-card').getByRole('link', { name: product.title, exact: true }).first().click()
    await page.waitForURL(`**/products/${product.slug}`)

    await page.getByRole('radiogroup', { name: option }).getByRole('radio', { name: second.options[option]!, exact: true }).click()
    await page.waitForURL(/variant=/)
    await page.getByTestId('add').click()
    const drawer = page.getByRole('dialog')
    await drawer.getByText(product.title, { exact: true }).waitFor()
    expect(await drawer.getByText(second.options[option]!).count()).toBeGreaterThan(0)
    await drawer.getByRole('link', { name: 'View cart' }).click()

    await page.waitForURL('**/cart')
    const line = page.getByRole('list', { name: 'Items in the cart' }).getByRole('listitem')
    await line.getByRole('button', { name: 'One more' }).click()
    await page.getByRole('link', { name: 'Cart, 2 items' }).waitFor()
    await page.locator('main').getByRole('link', { name: 'To checkout' }).click()

    await page.waitForURL('**/checkout')
    await fillCheckout(page)
    const total = await page.getByTestId('total').innerText()
    await page.getByTestId('pay').click()

    await page.waitForURL('**/orders/*/confirmation')
    await page.getByTestId('thanks').waitFor()
    expect(await page.getByText(BUYER.email).count()).toBeGreaterThan(0)
    expect(await page.getByTestId('total').innerText()).toBe(total)
    const number = await page.getByTestId('order-number').innerText()
    await page.getByRole('link', { name: 'Cart, 0 items' }).waitFor()

    await page.getByTestId('to-order').click()
    await page.getByRole('heading', { level: 1, name: `Order ${number}` }).waitFor()
    expect(await page.getByTestId('order-status').innerText()).toMatch(/confirmed/i)
    expect(await page.getByTestId('payment-status').innerText()).toBe('Paid')
    await page.reload()
    await page.getByRole('heading', { level: 1, name: `Order ${number}` }).waitFor()
    expectQuiet(shopper)
    await shopper.close()
  })

  it('pays with another card after a decline', async () => {
    const shopper = await visit()
    const { page } = shopper
    await orderBy(page, 'tok_declined')
    await page.getByTestId('pay-again').waitFor()
    expect(await page.getByText('The payment was declined').count()).toBeGreaterThan(0)
    await page.locator('[data-choice="tok_success"]').click()
    await page.getByTestId('pay-again').click()
    await page.locator('[data-testid="outcome"][data-status="confirmed"], [data-testid="thanks"]').first().waitFor()
    expectQuiet(shopper)
    await shopper.close()
  })

  it('is led to the bank when it asks for a confirmation', async () => {
    const shopper = await visit()
    await orderBy(shopper.page, 'tok_action_required')
    const link = shopper.page.getByTestId('next-action')
    await link.waitFor()
    expect(await link.getAttribute('href')).toMatch(/^https?:/)
    expectQuiet(shopper)
    await shopper.close()
  })

  it('sees an unclear payment end without doing anything', async () => {
    const shopper = await visit()
    await orderBy(shopper.page, 'tok_unknown_then_success')
    await shopper.page.getByTestId('thanks').waitFor({ timeout: 100_000 })
    expectQuiet(shopper)
    await shopper.close()
  })

  it('buys once though the answer is lost and the page reloaded', async () => {
    const shopper = await visit()
    const { page } = shopper
    await addToCart(page)
    await page.goto('/checkout')
    await fillCheckout(page)
    const keys: string[] = []
    const orders: string[] = []
    let lost = false
    await page.route('**/api/store/checkout', async (route) => {
      keys.push((await route.request().allHeaders())['idempotency-key'] ?? '')
      const answer = await route.fetch()
      orders.push(((await answer.json()) as { id: string }).id)
      if (lost) return route.fulfill({ response: answer })
      lost = true
      return route.abort('connectionreset')
    })
    const sent = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/checkout'))
    await page.getByTestId('pay').click()
    await sent
    await page.reload()
    await page.waitForURL('**/orders/**')
    expect(new Set(keys).size).toBe(1)
    expect(new Set(orders).size).toBe(1)
    expect(keys.length).toBeGreaterThan(1)
    await shopper.close()
  })

  it('cancels an order', async () => {
    const shopper = await visit()
    const { page } = shopper
    await orderBy(page, 'tok_declined')
    await page.getByTestId('cancel').click()
    await page.getByTestId('cancel-yes').click()
    await page.locator('[data-testid="outcome"][data-status="cancelled"]').waitFor()
    expectQuiet(shopper)
    await shopper.close()
  })
})
