/** Sessions of long ago: the clock of a shop that runs cannot be turned, so what the shop keeps of a login is made older. */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

const AN_HOUR_US = 3_600_000_000

interface Sqlite {
  DatabaseSync: new (path: string) => { exec: (sql: string) => void; close: () => void }
}

/** Whoever is logged in on this page. */
export async function userOf(page: Page): Promise<string> {
  const answer = await page.request.get('/api/auth/me')
  expect(answer.status(), 'who is logged in').toBe(200)
  return ((await answer.json()) as { user_id: string }).user_id
}

/** While `logIn` goes on, whoever it is showed who they are an hour ago. Later the gateway would believe for a while what it heard. */
export async function longAgo(user: string, logIn: () => Promise<void>): Promise<void> {
  const digits = user.replace(/^user_/, '')
  expect(digits, 'the id of a person').toMatch(/^[0-9a-f]{32}$/)
  change(`create trigger aged_${digits} after insert on sessions when new.user_id = x'${digits}'
    begin update sessions set proven_at = new.proven_at - ${AN_HOUR_US} where id = new.id; end`)
  try {
    await logIn()
  } finally {
    change(`drop trigger aged_${digits}`)
  }
}

function change(sql: string): void {
  const folder = process.env['HANSE_DATA']
  if (!folder) throw new Error('HANSE_DATA names the folder of the shop that was started for these stories')
  const { getBuiltinModule } = process as unknown as { getBuiltinModule?: (name: string) => Sqlite | undefined }
  const sqlite = getBuiltinModule?.('node:sqlite')
  if (!sqlite) throw new Error('sessions of long ago need Node 22.13 or newer, on which bin/pnpm runs')
  const database = new sqlite.DatabaseSync(join(folder, 'auth.sqlite'))
  try {
    database.exec(`pragma busy_timeout = 5000; ${sql}`)
  } finally {
    database.close()
  }
}
