/** Finds goods to buy in whatever shop is being visited, and fills the till. */
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { BASE_URL, settled } from './browser'

interface Variant {
  id: string
  options: Record<string, string>
  availability: string
  available_quantity: number | null
}

interface Product {
  id: string
  slug: string
  title: string
  category: { slug: string; title: string } | null
  options: { name: string; values: string[] }[]
  variants: Variant[]
  images: { id: string }[]
}

async function get<T>(path: string): Promise<T> {
  const answer = await fetch(new URL(path, BASE_URL))
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`)
  return (await answer.json()) as T
}

const plenty = (variant: Variant) =>
  variant.availability === 'in_stock' && (variant.available_quantity === null || variant.available_quantity > 10)

/** A product with a category and at least two variants in good supply that differ in its first option. */
export async function productWithVariants(): Promise<{ product: Product; first: Variant; second: Variant; option: string }> {
  const { items } = await get<{ items: { slug: string; availability: string }[] }>('/api/store/products?limit=60&sort=newest')
  for (const { slug, availability } of items) {
    if (availability !== 'in_stock') continue
    const product = await get<Product>(`/api/store/products/${encodeURIComponent(slug)}`)
    const option = product.options[0]?.name
    const first = product.variants.find(plenty)
    if (!option || !first || !product.category) continue
    const others = product.options.slice(1).map(({ name }) => name)
    const second = product.variants.find(
      (variant) =>
        plenty(variant) &&
        variant.options[option] !== first.options[option] &&
        others.every((name) => variant.options[name] === first.options[name]),
    )
    if (second) return { product, first, second, option }
  }
  throw new Error('the shop has no product with two variants in stock among its sixty newest')
}

/** The newest product that has a picture. */
export async function pictured(): Promise<Product> {
  const { items } = await get<{ items: { slug: string }[] }>('/api/store/products?limit=60&sort=newest')
  for (const { slug } of items) {
    const product = await get<Product>(`/api/store/products/${encodeURIComponent(slug)}`)
    if (product.images.length > 0) return product
  }
  throw new Error('none of the sixty newest products of the shop has a picture')
}

export async function addToCart(page: Page): Promise<void> {
  const { product, first } = await productWithVariants()
  await page.goto(`/products/${product.slug}?variant=${first.id}`)
  await page.getByTestId('add').click()
  await page.getByRole('dialog').getByRole('link', { name: 'To checkout' }).waitFor()
}

export const BUYER = {
  email: 'ana@example.org',
  country: 'SE',
  name: 'Ana Lund',
  'address-line1': 'Storgatan 1',
  'postal-code': '211 34',
  'address-level2': 'Malmö',
}

/** Fills the checkout and waits until the shop has offered shipping and counted it in. */
export async function fillCheckout(page: Page, buyer = BUYER): Promise<void> {
  await page.locator('input[type="email"]').fill(buyer.email)
  await page.locator('[autocomplete="shipping country"]').selectOption(buyer.country)
  for (const field of ['name', 'address-line1', 'postal-code', 'address-level2'] as const) {
    await page.locator(`[autocomplete="shipping ${field}"]`).fill(buyer[field])
  }
  await page.getByRole('radiogroup', { name: 'Shipping' }).locator('[data-state="checked"]').first().waitFor()
  await settled(page)
  await expect.poll(() => page.getByText('after address').count()).toBe(0)
}

export async function orderBy(page: Page, token: string): Promise<void> {
  await addToCart(page)
  await page.goto('/checkout')
  await fillCheckout(page)
  await page.locator(`[data-choice="${token}"]`).click()
  await page.getByTestId('pay').click()
}
