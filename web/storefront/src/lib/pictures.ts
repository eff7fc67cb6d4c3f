/** Pictures in the sizes that a page needs. */

/** How wide a picture stands on the page. The gateway's shell says the same, so that no picture is fetched twice. */
export const CARD = '(min-width: 66rem) 18rem, (min-width: 44rem) 30vw, 46vw'
export const GALLERY = '(min-width: 56rem) 34rem, 92vw'
export const THUMB = '4.5rem'

/** By what a browser chooses among a picture's sizes; nothing where it was not uploaded to the shop. */
export function sized(image: { srcset: string | null }, sizes: string): { srcset?: string; sizes?: string } {
  return image.srcset ? { srcset: image.srcset, sizes } : {}
}
