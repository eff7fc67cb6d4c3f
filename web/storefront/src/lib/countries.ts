/** Countries offered as a destination; the shop's shipping zones decide in the end. */
export const COUNTRIES = [
  'AT', 'BE', 'BG', 'HR', 'CY', 'CZ', 'DK', 'EE', 'FI', 'FR', 'DE', 'GR', 'HU', 'IE', 'IT', 'LV', 'LT', 'LU', 'MT',
  'NL', 'PL', 'PT', 'RO', 'SK', 'SI', 'ES', 'SE', 'AD', 'AL', 'AU', 'BA', 'CA', 'CH', 'GB', 'IS', 'JP', 'LI', 'MC',
  'MD', 'ME', 'MK', 'NO', 'NZ', 'RS', 'SG', 'SM', 'TR', 'UA', 'US', 'VA', 'XK',
] as const

/** Countries whose addresses are not whole without a state or a province. */
export const WITH_REGION: ReadonlySet<string> = new Set(['US', 'CA', 'AU', 'IE', 'JP'])

export function countryNames(locale: string): { code: string; name: string }[] {
  const names = new Intl.DisplayNames(locale, { type: 'region' })
  return COUNTRIES.map((code) => ({ code, name: names.of(code) ?? code })).toSorted((a, b) =>
    a.name.localeCompare(b.name, locale),
  )
}

/** The country of the browser's language tag (`de-AT`), if the shop offers it. */
export function likelyCountry(languages: readonly string[]): string {
  for (const tag of languages) {
    const region = tag.split('-').find((part) => /^[A-Z]{2}$/.test(part))
    if (region && COUNTRIES.some((code) => code === region)) return region
  }
  return ''
}
