/** People with accounts, and how they come in. */
import type { Page } from 'playwright-core'
import { mailedPath } from './mail'

export interface Person {
  name: string
  email: string
  password: string
}

export function newcomer(): Person {
  return { name: 'Ana Lund', email: `ana-${crypto.randomUUID()}@example.org`, password: 'three herrings and a cog' }
}

export async function fillRegistration(page: Page, { name, email, password }: Person): Promise<void> {
  await page.goto('/account/register')
  await page.locator('[autocomplete="name"]').fill(name)
  await page.locator('[autocomplete="username"]').fill(email)
  await page.locator('[autocomplete="new-password"]').fill(password)
  await page.getByTestId('register').click()
}

export async function register(page: Page, person: Person): Promise<void> {
  await fillRegistration(page, person)
  await page.waitForURL((url) => url.pathname !== '/account/register')
}

/** Fills the login where the page stands; what comes of it is the caller's to see. */
export async function logIn(page: Page, { email, password }: Person): Promise<void> {
  await page.locator('[autocomplete="username"]').fill(email)
  await page.locator('main [autocomplete="current-password"]').fill(password)
  await page.getByTestId('log-in').click()
}

/** With the link in the mail that goes there. */
export async function confirmAddress(page: Page, email: string): Promise<void> {
  await page.goto(await mailedPath('verify_email', email))
  await page.getByTestId('confirm').click()
  await page.getByText('Your address is confirmed').waitFor()
}
