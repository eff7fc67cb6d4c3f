// Writes packages/api/src/schema.ts from a shop's OpenAPI document.
// Usage: pnpm generate:api <file or address of openapi.json>   (a running shop serves it at /api/openapi.json)
import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import openapiTS, { astToString } from 'openapi-typescript'

const source = process.argv[2]
if (!source) {
  console.error('Say which OpenAPI document to read, e.g.\n  pnpm generate:api http://127.0.0.1:8080/api/openapi.json')
  process.exit(2)
}

async function documentText() {
  if (!/^https?:/.test(source)) return readFile(resolve(process.env.INIT_CWD ?? '.', source), 'utf8')
  const answer = await fetch(source)
  if (!answer.ok) throw new Error(`${source} answered ${answer.status}`)
  return answer.text()
}

const target = fileURLToPath(new URL('../api/src/schema.ts', import.meta.url))
const nodes = await openapiTS(await documentText(), { alphabetize: true, immutable: false })
const heading = '/** The API as its OpenAPI document describes it; written by packages/api-generator, not by hand. */\n'
await writeFile(target, heading + astToString(nodes))
console.log(`wrote ${target}`)
