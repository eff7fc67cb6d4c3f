// Fails when the JavaScript that any storefront address needs for its first rendering exceeds its budget (gzip).
// Counts the entry, the route's own view and everything either imports statically; drawers and menus load later.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET_KB = 130
const dist = new URL('../dist/', import.meta.url)

let manifest
try {
  manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))
} catch (error) {
  console.error(`There is no build to weigh (${error.message}).\nBuild first: pnpm build`)
  process.exit(2)
}

const weights = new Map()
function weight(file) {
  if (!weights.has(file)) weights.set(file, gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length)
  return weights.get(file)
}

function withImports(name, seen = new Set()) {
  if (seen.has(name)) return seen
  seen.add(name)
  for (const imported of manifest[name].imports ?? []) withImports(imported, seen)
  return seen
}

const entry = Object.keys(manifest).find((name) => manifest[name].isEntry)
const views = Object.keys(manifest).filter((name) => /^src\/views\/.*\.vue$/.test(name))
if (!entry || views.length < 8) throw new Error('the build does not look like the storefront: entry or views are missing')
// What the frame of every page loads at once, though it is imported dynamically: the settings menu and the language.
const always = ['src/components/SettingsMenu.vue', 'src/locales/de.ts']

// Pages about one's account load their own words.
const account = ['src/locales/account.en.ts', 'src/locales/account.de.ts']

let failed = false
for (const view of views) {
  const names = new Set([entry, view, ...always, ...(view.startsWith('src/views/account/') ? account : [])].flatMap((name) => [...withImports(name)]))
  const kilobytes = [...names].reduce((sum, name) => sum + weight(manifest[name].file), 0) / 1000
  const over = kilobytes > BUDGET_KB
  failed ||= over
  console.log(`${over ? 'OVER' : 'ok  '} ${view.replace('src/views/', '').padEnd(28)} ${kilobytes.toFixed(1).padStart(6)} of ${BUDGET_KB} kB gzip`)
}
process.exit(failed ? 1 : 0)
