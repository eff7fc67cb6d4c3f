/** Which variant a choice of options means, and which values lead nowhere from here. */
import type { Product, Variant } from '@hanse/api'

export type Choice = Record<string, string>

function matches(variant: Variant, choice: Choice): boolean {
  return Object.entries(choice).every(([name, value]) => variant.options[name] === value)
}

export function buyable(variant: Variant): boolean {
  return variant.price !== null && variant.availability !== 'out_of_stock'
}

/** The variant that a link names, else the first that can be bought, else the first. */
export function initialVariant(product: Product, wanted: string | undefined): Variant | undefined {
  return product.variants.find((variant) => variant.id === wanted) ?? product.variants.find(buyable) ?? product.variants[0]
}

/**
 * The variant after choosing one value: the same combination with it, or, where that is not made, the nearest one that
 * has it (most other options kept, one that can be bought before one that cannot).
 */
export function variantAfter(product: Product, current: Choice, name: string, value: string): Variant | undefined {
  const wanted = { ...current, [name]: value }
  const exact = product.variants.find((variant) => matches(variant, wanted))
  if (exact) return exact
  const kept = (variant: Variant) =>
    Object.entries(current).filter(([option, chosen]) => option !== name && variant.options[option] === chosen).length
  return product.variants
    .filter((variant) => variant.options[name] === value)
    .toSorted((a, b) => kept(b) - kept(a) || Number(buyable(b)) - Number(buyable(a)))[0]
}

/** Why a value cannot be bought together with the other options as chosen; nothing when it can. */
export function obstacle(product: Product, current: Choice, name: string, value: string): 'not_made' | 'sold_out' | undefined {
  const variant = product.variants.find((candidate) => matches(candidate, { ...current, [name]: value }))
  if (!variant) return 'not_made'
  return buyable(variant) ? undefined : 'sold_out'
}
