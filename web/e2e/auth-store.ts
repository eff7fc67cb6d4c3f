/** What the shop that was started for these stories keeps of people: its store of auth, opened beside it. */
import { join } from 'node:path'

interface Database {
  exec: (sql: string) => void
  prepare: (sql: string) => { all: () => Record<string, unknown>[] }
  close: () => void
}

interface Sqlite {
  DatabaseSync: new (path: string) => Database
}

export function inAuthStore<T>(work: (database: Database) => T): T {
  const folder = process.env['HANSE_DATA']
  if (!folder) throw new Error('HANSE_DATA names the folder of the shop that was started for these stories')
  const { getBuiltinModule } = process as unknown as { getBuiltinModule?: (name: string) => Sqlite | undefined }
  const sqlite = getBuiltinModule?.('node:sqlite')
  if (!sqlite) throw new Error('the stories open the store of a shop with Node 22.13 or newer, on which bin/pnpm runs')
  const database = new sqlite.DatabaseSync(join(folder, 'auth.sqlite'))
  try {
    database.exec('pragma busy_timeout = 5000')
    return work(database)
  } finally {
    database.close()
  }
}

/** Who has an account, and with whom it is linked. */
export function accountsAndLinks(): Record<string, unknown>[] {
  return inAuthStore((store) => store.prepare(
    `select hex(accounts.id) as account, identities.provider from accounts
     left join identities on identities.user_id = accounts.id order by 1, 2`,
  ).all())
}
