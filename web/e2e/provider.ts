/** The provider of logins that the shop was told of: started for the stories, and how somebody proves there who they are. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'

/** Ends with the stories. Without `PROVIDER_PORT` the shop was told of none. */
export async function startProvider(shop: string): Promise<ChildProcess | null> {
  const port = process.env['PROVIDER_PORT']
  if (!port) return null
  const script = fileURLToPath(new URL('./oidc-server.mjs', import.meta.url))
  const provider = spawn(process.execPath, [script, port, shop], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(provider, 'exit').then(([code]) => {
    throw new Error(`the provider of logins ended with ${code}`)
  })
  await Promise.race([once(provider.stdout, 'data'), ended])
  ended.catch(() => undefined)
  return provider
}

/** At the provider: says who one is, and that the shop may know. */
export async function proveAtProvider(page: Page, email: string): Promise<void> {
  await page.locator('input[name="login"]').fill(email)
  await page.locator('input[name="password"]').fill('anything')
  await page.locator('button[type="submit"]').click()
  await page.getByRole('button', { name: 'Continue' }).click()
}
