/**
 * A provider of logins for the stories: the certified implementation of OpenID Connect for Node, as a process of its own.
 * Usage: node oidc-server.mjs <port> <address of the shop> <what the shop calls it> [lies]. Whoever types an address is its
 * owner; one that begins with `unverified` is not verified. With `lies` it tells lies about some (lies.mjs).
 * It ends with whoever started it.
 */
import { createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { Provider } from 'oidc-provider'
import { lies } from './lies.mjs'

const [port, shop, name, manners] = process.argv.slice(2)
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } })
const signing = createPrivateKey(privateKey)
const key = { ...signing.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'first' }

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'shop', client_secret: process.env.CLIENT_SECRET,
    redirect_uris: [`${shop}/api/auth/oauth/${name}/callback`],
  }],
  jwks: { keys: [key] },
  cookies: { keys: [randomBytes(32).toString('hex')] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: id, email_verified: !id.startsWith('unverified'), name: 'Ana Lund' }),
  }),
})
if (manners === 'lies') provider.use(lies(signing, key.kid, shop))
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'))
process.stdin.resume().on('end', () => process.exit())
