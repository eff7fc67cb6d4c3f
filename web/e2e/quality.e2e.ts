/** What every page owes its visitors: accessible in light and dark, no jumping, no errors, no request twice, any width. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { violations } from './accessible'
import { expectQuiet, settled, useBrowser } from './browser'
import { addToCart, orderBy, productWithVariants } from './goods'
import { mailedPath } from './mail'
import { newcomer, register } from './people'
import { invite } from './staff'

const { visit } = useBrowser()

const looks = [
  { colorScheme: 'light', viewport: { width: 1440, height: 900 } },
  { colorScheme: 'dark', viewport: { width: 1440, height: 900 } },
  { colorScheme: 'light', viewport: { width: 360, height: 780 } },
  { colorScheme: 'dark', viewport: { width: 360, height: 780 } },
] as const

describe.each(looks)('in $colorScheme at $viewport.width', (look) => {
  async function inspect(page: Page, name: string): Promise<void> {
    expect(await violations(page), `${name} is not accessible`).toEqual([])
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    expect(overflow, `${name} scrolls sideways`).toBe(0)
    expect(await page.locator('h1').count(), `${name} has one main heading`).toBe(1)
    expect(await page.title(), `${name} has a title`).not.toBe('')
  }

  it('the shelves are accessible and fit', async () => {
    const { product } = await productWithVariants()
    const shopper = await visit(look)
    const { page } = shopper
    const addresses = {
      home: '/', listing: '/products', search: '/products?q=zzzzzzzz', product: `/products/${product.slug}`, 'empty cart': '/cart',
    }
    for (const [name, address] of Object.entries(addresses)) {
      await page.goto(address)
      await settled(page)
      await inspect(page, name)
    }
    expectQuiet(shopper)
    await page.goto('/no/such/page')
    await settled(page)
    await inspect(page, 'not found')
    await shopper.close()
  })

  it('the way to the order is accessible and fits', async () => {
    const shopper = await visit(look)
    const { page } = shopper
    await addToCart(page)
    await inspect(page, 'drawer')
    await page.goto('/cart')
    await settled(page)
    await inspect(page, 'cart')
    await page.goto('/checkout')
    await settled(page)
    await page.getByTestId('pay').click()
    await page.locator('[aria-invalid="true"]').first().waitFor()
    await inspect(page, 'checkout with errors')
    await orderBy(page, 'tok_declined')
    await page.getByTestId('pay-again').waitFor()
    await inspect(page, 'order awaiting payment')
    await page.locator('[data-choice="tok_success"]').click()
    await page.getByTestId('pay-again').click()
    await page.locator('[data-status="confirmed"]').first().waitFor()
    await inspect(page, 'order')
    await page.goto(`${page.url().split(/[?#]/)[0]!.replace(/\/confirmation$/, '')}/confirmation`)
    await page.getByTestId('thanks').waitFor()
    await inspect(page, 'confirmation')
    expectQuiet(shopper)
    await shopper.close()
  })

  it('the pages of an account are accessible and fit', async () => {
    const shopper = await visit(look)
    const { page } = shopper
    for (const address of ['/account/login', '/account/register', '/account/forgot', '/account/invitation', '/account/login?refused=unverified&provider=kontor', '/account/email', '/account/email#token=hlt_none']) {
      await page.goto(address)
      await settled(page)
      await inspect(page, address)
    }
    const invited = newcomer()
    await invite({ email: invited.email, name: invited.name, role: 'support' })
    await page.goto(await mailedPath('invitation', invited.email))
    await page.getByTestId('accept').waitFor()
    await inspect(page, 'invitation')
    await page.goto('/account/login')
    await page.getByTestId('log-in').click()
    await page.locator('[aria-invalid="true"]').first().waitFor()
    await inspect(page, 'login with errors')
    expectQuiet(shopper)
    await register(page, newcomer())
    await page.getByRole('heading', { level: 1, name: 'Hello' }).waitFor()
    await settled(page)
    await inspect(page, 'account without orders')
    await page.getByTestId('ask-erasure').click()
    await page.getByTestId('erase').waitFor()
    await inspect(page, 'account about to be deleted')
    await orderBy(page, 'tok_success')
    await page.getByTestId('thanks').waitFor()
    await page.goto('/account')
    await page.getByTestId('own-order').waitFor()
    await inspect(page, 'account')
    await page.goto('/account/security')
    await page.getByTestId('session').waitFor()
    await inspect(page, 'security')
    await shopper.close()
  })
})

describe('the first rendering', () => {
  it.each([390, 1440])('stands still while the app takes over, and asks nothing that the page already carries (%i wide)', async (width) => {
    const { product } = await productWithVariants()
    for (const address of ['/', '/products', `/products/${product.slug}`]) {
      const shopper = await visit({ viewport: { width, height: 900 } })
      const asked: string[] = []
      shopper.page.on('request', (request) => {
        const url = new URL(request.url())
        if (url.pathname.startsWith('/api/')) asked.push(url.pathname + url.search)
      })
      await shopper.page.goto(address)
      await settled(shopper.page)
      // What comes late jumps too.
      await shopper.page.waitForLoadState('networkidle')
      expect(await shopper.layoutShift(), `${address} jumps`).toBeLessThan(0.02)
      const carried = asked.filter((path) => path.startsWith('/api/store/categories') || path === `/api/store/products/${product.slug}`)
      expect(carried, `${address} asks again`).toEqual([])
      if (!address.includes(product.slug)) expect(asked.filter((path) => path.startsWith('/api/store/products'))).toEqual([])
      await shopper.close()
    }
  })

  it('is readable without scripts, and unknown addresses are real 404s', async () => {
    const { product } = await productWithVariants()
    const reader = await visit({ javaScriptEnabled: false })
    await reader.page.goto(`/products/${product.slug}`)
    expect(await reader.page.locator('h1').innerText()).toBe(product.title)
    await reader.page.goto('/products')
    expect(await reader.page.locator('.hs-card a').count()).toBeGreaterThan(5)
    expect((await reader.page.goto('/products/no-such-thing'))?.status()).toBe(404)
    expect((await reader.page.goto('/no/such/page'))?.status()).toBe(404)
    await reader.close()
  })
})

describe('the visitor’s settings', () => {
  it('hold over a reload: German, dark', async () => {
    const shopper = await visit({ colorScheme: 'light' })
    const { page } = shopper
    await page.goto('/')
    await settled(page)
    for (const choice of ['Deutsch', 'Dunkel']) {
      await page.getByRole('button', { name: /Language and appearance|Sprache und Darstellung/ }).click()
      await page.getByRole('menuitemradio', { name: choice }).click()
      await page.getByRole('menu').waitFor({ state: 'detached' })
    }
    await page.reload()
    await settled(page)
    expect(await page.locator('html').getAttribute('lang')).toBe('de')
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
    await page.getByRole('heading', { name: 'Ware, die die Reise lohnt.' }).waitFor()
    expect(await violations(page)).toEqual([])
    expectQuiet(shopper)
    await shopper.close()
  })
})
