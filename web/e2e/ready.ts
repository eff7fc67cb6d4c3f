/** Refuses to start without a shop to visit, and says how to get one. Hands the address on: the runner has its own BASE_URL. */
import type { TestProject } from 'vitest/node'
import { startProviders } from './provider'

declare module 'vitest' {
  interface ProvidedContext {
    baseUrl: string
  }
}

export default async function ready(project: TestProject): Promise<() => void> {
  const base = process.env['BASE_URL']
  if (!base) throw new Error('BASE_URL is not set. Start a shop and say where it is: BASE_URL=http://127.0.0.1:8080 pnpm e2e')
  const answer = await fetch(new URL('/api/store/products?limit=1', base))
  if (!answer.ok) throw new Error(`the shop at ${base} answers ${answer.status} to its product list`)
  project.provide('baseUrl', base)
  const providers = await startProviders(base)
  return () => providers.forEach((provider) => provider.kill())
}
