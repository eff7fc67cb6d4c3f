/** The mails of a shop that has no SMTP server: they lie in its outbox. */
import { expect } from 'vitest'
import { storeIsKnown } from './auth-store'
import { BASE_URL } from './browser'

interface Mail {
  kind: string
  to: string
  text: string
}

/** Newest first; null where the shop sends its mails, which one that was started for these stories does not. */
export async function outbox(): Promise<Mail[] | null> {
  const answer = await fetch(new URL('/api/dev/mails', BASE_URL))
  if (answer.status === 404 && !storeIsKnown()) return null
  expect(answer.status, 'the mail outbox').toBe(200)
  return ((await answer.json()) as { items: Mail[] }).items
}

/** Where the newest mail of a kind to somebody leads: its link's path with the secret. */
export async function mailedPath(kind: string, to: string): Promise<string> {
  let path: string | undefined
  const look = async () => {
    const mail = (await outbox())?.find((one) => one.kind === kind && one.to === to)
    return (path = mail?.text.match(/\/account\/[a-z]+#token=[\w-]+/)?.[0])
  }
  await expect.poll(look, { timeout: 15_000, message: `a mail ${kind} to ${to}` }).toBeDefined()
  return path!
}

/** What the newest mail of a kind to somebody says. */
export async function mailedText(kind: string, to: string): Promise<string> {
  let text: string | undefined
  const look = async () => (text = (await outbox())?.find((one) => one.kind === kind && one.to === to)?.text)
  await expect.poll(look, { timeout: 15_000, message: `a mail ${kind} to ${to}` }).toBeDefined()
  return text!
}
