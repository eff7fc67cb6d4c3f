/** What the shop that was started for these stories keeps of people: its store of auth, opened beside it. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

type Row = Record<string, unknown>

interface Database {
  exec: (sql: string) => void
  prepare: (sql: string) => { all: () => Row[] }
  close: () => void
}

interface Sqlite {
  DatabaseSync: new (path: string) => Database
}

/** One question in the words of both stores. */
export interface Told {
  sqlite: string
  postgres: string
}

/** Whether a shop was started for these stories, and they know its store. */
export function storeIsKnown(): boolean {
  return Boolean(process.env['HANSE_DATA'] ?? process.env['HANSE_AUTH_DATABASE'])
}

/** Changes what is kept, behind the shop's back. */
export function changeAuthStore({ sqlite, postgres }: Told): void {
  if (process.env['HANSE_AUTH_DATABASE']) psql(`begin; ${postgres}; commit`)
  else inSqlite((store) => store.exec(sqlite))
}

function askAuthStore({ sqlite, postgres }: Told): Row[] {
  if (!process.env['HANSE_AUTH_DATABASE']) return inSqlite((store) => store.prepare(sqlite).all())
  return JSON.parse(psql(`select coalesce(json_agg(told), '[]') from (${postgres}) told`)) as Row[]
}

/** All that is kept of accounts and of what they are linked with. */
export function allOfAccountsAndLinks(): Row[][] {
  return ['accounts', 'identities'].map((table) => {
    const sql = `select * from ${table} order by id`
    return askAuthStore({ sqlite: sql, postgres: sql })
  })
}

/** Who has an account, and with whom it is linked. */
export function accountsAndLinks(): Row[] {
  const linked = 'from accounts left join identities on identities.user_id = accounts.id order by 1, 2'
  return askAuthStore({
    sqlite: `select hex(accounts.id) as account, identities.provider ${linked}`,
    postgres: `select accounts.id as account, identities.provider ${linked}`,
  })
}

function inSqlite<T>(work: (database: Database) => T): T {
  const folder = process.env['HANSE_DATA']
  if (!folder) throw new Error('HANSE_DATA names the folder of the shop that was started for these stories, or HANSE_AUTH_DATABASE the database')
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

function psql(sql: string): string {
  const database = process.env['HANSE_AUTH_DATABASE']!
  const how = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set', 'ON_ERROR_STOP=1', '--command', sql]
  return execFileSync(process.env['PSQL'] ?? 'psql', [database, ...how], { encoding: 'utf8' })
}
