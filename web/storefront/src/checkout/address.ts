/** The address as the visitor types it, and what is still missing from it. */
import type { Address } from '@hanse/api'
import { WITH_REGION } from '../lib/countries'

export interface AddressForm {
  name: string
  line1: string
  line2: string
  postal_code: string
  city: string
  region: string
  country: string
  phone: string
}

export type AddressField = keyof AddressForm
export type AddressErrors = Partial<Record<AddressField, string>>

export function emptyForm(country: string): AddressForm {
  return { name: '', line1: '', line2: '', postal_code: '', city: '', region: '', country, phone: '' }
}

export function formOf(address: Address): AddressForm {
  const { line2, region, phone, ...rest } = address
  return { ...rest, line2: line2 ?? '', region: region ?? '', phone: phone ?? '' }
}

export function addressOf(form: AddressForm): Address {
  const optional = (text: string) => text.trim() || null
  return {
    name: form.name.trim(),
    line1: form.line1.trim(),
    line2: optional(form.line2),
    city: form.city.trim(),
    postal_code: form.postal_code.trim(),
    region: optional(form.region),
    country: form.country,
    phone: optional(form.phone),
  }
}

export function missingFields(form: AddressForm): AddressField[] {
  const required: AddressField[] = ['name', 'line1', 'postal_code', 'city', 'country']
  if (WITH_REGION.has(form.country)) required.push('region')
  return required.filter((field) => form[field].trim() === '')
}

/** As lenient as a mail address may be: something, an @, a host with a dot. The confirmation mail is the real test. */
export function looksLikeEmail(text: string): boolean {
  return /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text.trim())
}
