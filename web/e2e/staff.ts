/** Who works in the shop, and what stories need them for. */
import { expect } from 'vitest'
import { BASE_URL } from './browser'
import type { Person } from './people'

/** Whoever starts the shop for these stories makes them an account. */
export function owner(): Person {
  const email = process.env['HANSE_STAFF']
  const password = process.env['HANSE_STAFF_PASSWORD']
  if (!email || !password) throw new Error('HANSE_STAFF and HANSE_STAFF_PASSWORD name somebody who owns the shop')
  return { name: 'The owner', email, password }
}

/** An owner's access token. */
async function badge(): Promise<string> {
  const { email, password } = owner()
  const answer = await post('/api/auth/login', { email, password })
  expect(answer.status, 'the owner is let in').toBe(200)
  return ((await answer.json()) as { access_token: string }).access_token
}

/** Asks somebody to work here; the mail brings the link. */
export async function invite(person: { email: string; name: string; role: string }): Promise<void> {
  const answer = await post('/api/admin/staff/invitations', person, await badge())
  expect(answer.status, 'the invitation').toBe(201)
}

function post(path: string, body: unknown, token?: string): Promise<Response> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (token) headers['authorization'] = `Bearer ${token}`
  return fetch(new URL(path, BASE_URL), { method: 'POST', headers, body: JSON.stringify(body) })
}
