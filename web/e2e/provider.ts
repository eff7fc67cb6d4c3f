/** The providers of logins that the shop was told of: started for the stories, and how somebody proves there who they are. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'

/** By what the shop calls them: the variable that says at which port, and what runs there. Wreckers lit false lights ashore. */
const PROVIDERS = {
  kontor: { at: 'PROVIDER_PORT', run: (port: string, shop: string) => ['oidc-server.mjs', port, shop, 'kontor'] },
  wrecker: { at: 'WRECKER_PORT', run: (port: string, shop: string) => ['oidc-server.mjs', port, shop, 'wrecker', 'lies'] },
  facebook: { at: 'FACEBOOK_PORT', run: (port: string, shop: string) => ['facebook-server.mjs', port, shop] },
} as const

export type ProviderName = keyof typeof PROVIDERS

/** Those of which the environment says where they are to listen. They end with the stories, however these end. */
export async function startProviders(shop: string): Promise<ChildProcess[]> {
  const told = Object.values(PROVIDERS).flatMap(({ at, run }) => {
    const port = process.env[at]
    return port ? [run(port, shop)] : []
  })
  return Promise.all(told.map(start))
}

async function start([file, ...words]: string[]): Promise<ChildProcess> {
  const script = fileURLToPath(new URL(file!, import.meta.url))
  const provider = spawn(process.execPath, [script, ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(provider, 'exit').then(([code]) => {
    throw new Error(`the provider of logins ${file} ended with ${code}`)
  })
  await Promise.race([once(provider.stdout, 'data'), ended])
  ended.catch(() => undefined)
  return provider
}

/** From the login page to the provider. */
export async function setOut(page: Page, name: ProviderName, login = '/account/login'): Promise<void> {
  if (!process.env[PROVIDERS[name].at]) {
    throw new Error(`${PROVIDERS[name].at} does not say where the provider ${name} of this shop is; cargo xtask test --only e2e sets it`)
  }
  await page.goto(login)
  await page.locator(`[data-provider="${name}"]`).click()
}

/** At a provider that speaks OpenID Connect: says who one is, and that the shop may know. */
export async function proveAtProvider(page: Page, email: string): Promise<void> {
  await page.locator('input[name="login"]').fill(email)
  await page.locator('input[name="password"]').fill('anything')
  await page.locator('button[type="submit"]').click()
  await page.getByRole('button', { name: 'Continue' }).click()
}
