/** Amounts for people: minor units and a currency become text, by the currency's own digits and without a float. */
import type { Money } from '@hanse/api'

/** The visitor's own region of a language (`en-GB` for `en`), for the order of dates and the place of currency signs. */
export function regional(locale: string): string {
  return navigator.languages.find((tag) => tag.split('-')[0] === locale) ?? locale
}

const formats = new Map<string, Intl.NumberFormat>()

function formatFor(locale: string, currency: string): Intl.NumberFormat {
  const key = `${locale} ${currency}`
  let format = formats.get(key)
  if (!format) {
    format = new Intl.NumberFormat(regional(locale), { style: 'currency', currency })
    formats.set(key, format)
  }
  return format
}

export function decimalOf(amount: number, digits: number): `${number}` {
  if (!Number.isSafeInteger(amount)) throw new RangeError(`an amount is a whole number of minor units, not ${amount}`)
  const text = String(Math.abs(amount)).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  const fraction = text.slice(text.length - digits)
  return `${amount < 0 ? '-' : ''}${whole}${digits > 0 ? `.${fraction}` : ''}` as `${number}`
}

/** A dash for an amount that the shop cannot tell, such as the price of goods that are no longer for sale. */
export function formatMoney(money: Money | null | undefined, locale: string): string {
  if (!money) return '–'
  const format = formatFor(locale, money.currency)
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2
  return format.format(decimalOf(money.amount, digits))
}
