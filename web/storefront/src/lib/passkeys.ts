/** Passkeys, which the browser keeps or asks a device for. What goes in and out is the shop's; nothing of it is looked at here. */
import type { PasskeyAsk, PasskeyAnswer } from '@hanse/api'

/** Whether this browser can be asked at all. */
export function knowsPasskeys(): boolean {
  return typeof PublicKeyCredential !== 'undefined' && 'parseRequestOptionsFromJSON' in PublicKeyCredential
}

export async function makePasskey({ ceremony, options }: PasskeyAsk): Promise<PasskeyAnswer> {
  const { publicKey } = options as { publicKey: PublicKeyCredentialCreationOptionsJSON }
  const made = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
  return { ceremony, credential: told(made) }
}

export async function showPasskey({ ceremony, options }: PasskeyAsk): Promise<PasskeyAnswer> {
  const { publicKey } = options as { publicKey: PublicKeyCredentialRequestOptionsJSON }
  const shown = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) })
  return { ceremony, credential: told(shown) }
}

function told(credential: Credential | null): Record<string, never> {
  if (!(credential instanceof PublicKeyCredential)) throw new DOMException('no passkey was given', 'NotAllowedError')
  return credential.toJSON() as unknown as Record<string, never>
}
