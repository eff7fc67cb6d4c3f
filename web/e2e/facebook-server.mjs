/**
 * What stands in for Facebook in the stories, as a process of its own: plain OAuth 2.0 with PKCE, and a profile that is asked
 * for with the proof of the app's secret. Usage: node facebook-server.mjs <port> <address of the shop>. Whoever types an address
 * is its owner. It ends with whoever started it.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'

const [port, shop] = process.argv.slice(2)
const CLIENT = 'shop'
const SECRET = process.env.CLIENT_SECRET
const BACK = `${shop}/api/auth/oauth/facebook/callback`
/** What Facebook writes behind every address that it sends people back to. */
const TAIL = '#_=_'

/** By code, and by access token. */
const codes = new Map()
const people = new Map()

const escaped = (text) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
const fresh = () => randomBytes(16).toString('hex')
const same = (one, other) => one?.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

/** Asks who it is, and keeps for later what the shop has asked with. */
function dialog({ query }, answer) {
  const wrong = Object.entries({
    response_type: 'code', client_id: CLIENT, redirect_uri: BACK, code_challenge_method: 'S256', scope: 'email public_profile',
  }).find(([name, value]) => query.get(name) !== value)
  if (wrong || !query.get('state') || !query.get('code_challenge')) return refuse(answer, `not what the shop asks with: ${wrong}`)
  const kept = ['state', 'code_challenge'].map((name) => `<input type="hidden" name="${name}" value="${escaped(query.get(name))}">`)
  answer.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html><html lang="en"><title>Log in</title>
    <form method="post" action="/decision">${kept.join('')}
    <label>Address <input name="login"></label>
    <label><input type="checkbox" name="email" checked> The shop may know the address</label>
    <button name="answer" value="yes">Continue</button> <button name="answer" value="no">Cancel</button></form>`)
}

function decision({ form }, answer) {
  const back = new URL(BACK)
  back.searchParams.set('state', form.get('state'))
  if (form.get('answer') === 'yes') {
    const code = fresh()
    codes.set(code, { challenge: form.get('code_challenge'), login: form.get('login'), tells: form.has('email') })
    back.searchParams.set('code', code)
  } else {
    for (const [name, value] of [['error', 'access_denied'], ['error_reason', 'user_denied']]) back.searchParams.set(name, value)
  }
  answer.writeHead(303, { location: back.href + TAIL }).end()
}

/** A code is good once, for the shop, and for the browser that set out with its challenge. */
function exchange({ form }, answer) {
  const given = codes.get(form.get('code'))
  codes.delete(form.get('code'))
  const challenge = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url')
  const good = given?.challenge === challenge && form.get('grant_type') === 'authorization_code'
    && form.get('client_id') === CLIENT && form.get('client_secret') === SECRET && form.get('redirect_uri') === BACK
  if (!good) return refuse(answer, 'This authorization code has been used, or was never given.')
  const token = fresh()
  people.set(token, given)
  json(answer, 200, { access_token: token, token_type: 'bearer', expires_in: 5_000_000 })
}

function profile({ query, token }, answer) {
  const person = people.get(token)
  const proof = createHmac('sha256', SECRET).update(token).digest('hex')
  if (!person || !same(query.get('appsecret_proof'), proof)) return refuse(answer, 'Invalid appsecret_proof provided in the API argument')
  // A number of seventeen digits, always the same for an address.
  const id = BigInt(`0x${createHash('sha256').update(person.login).digest('hex').slice(0, 14)}`).toString().padStart(17, '1')
  const known = { id, name: 'Ana Lund', ...(person.tells && { email: person.login }) }
  const asked = (query.get('fields') ?? 'id').split(',')
  json(answer, 200, Object.fromEntries(Object.entries(known).filter(([name]) => asked.includes(name))))
}

/** As the Graph API says it, which calls its JSON a script. */
function json(answer, status, body) {
  answer.writeHead(status, { 'content-type': 'text/javascript; charset=UTF-8' }).end(JSON.stringify(body))
}
const refuse = (answer, message) => json(answer, 400, { error: { message, type: 'OAuthException', code: 100 } })

const WAYS = { 'GET /dialog': dialog, 'POST /decision': decision, 'POST /token': exchange, 'GET /me': profile }

createServer(async (request, answer) => {
  const { pathname, searchParams: query } = new URL(request.url, `http://127.0.0.1:${port}`)
  const way = WAYS[`${request.method} ${pathname}`]
  if (!way) return answer.writeHead(404).end()
  let body = ''
  for await (const chunk of request) body += chunk
  const token = request.headers.authorization?.replace(/^Bearer /, '') ?? ''
  way({ query, form: new URLSearchParams(body), token }, answer)
}).listen(Number(port), '127.0.0.1', () => console.log('listening'))
process.stdin.resume().on('end', () => process.exit())
