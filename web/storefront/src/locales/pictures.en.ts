/** Words of the pages on which staff work with pictures, in English; the other languages have the same keys. */
const pictures = {
  title: 'Pictures of products', file: 'This file', back: 'To the account', toList: 'All products', search: 'Find a product', count: 'No pictures | {n} picture | {n} pictures', draft: 'Draft',
  empty: 'No product is called that', emptyText: 'Try other words, or fewer of them.',
  forbidden: 'This is for those who keep the catalogue', forbiddenText: 'Ask the owner of the shop for the permission to change products.',
  choose: 'Choose pictures', drop: 'or drop them here. JPEG, PNG or WebP, at most 10 MB each. Anything that the camera wrote beside the picture is left out.',
  none: 'No pictures yet', noneText: 'The first one that you add is shown in lists.',
  waiting: 'waiting', sending: '{percent} %', making: 'being made', again: 'Try again', dismiss: 'Dismiss', added: '{name} was added', known: '{name} is among the pictures already.', notAdded: '{name} was not added',
  list: 'Pictures in their order', first: 'Shown in lists', picture: 'Picture {n}', alt: 'What picture {n} shows', altHint: 'For whoever cannot see it.', saved: 'The description is saved',
  earlier: 'Move picture {n} forward', later: 'Move picture {n} back', moved: 'Now picture {n} of {all}', remove: 'Remove picture {n}', removeSure: 'Remove it?', removeYes: 'Remove', removeNo: 'Keep it', removed: 'The picture was removed',
  linked: 'lies elsewhere', stale: 'The pictures have changed meanwhile. This is how they are now.', altRefused: 'The description was not saved; it may be too long.', more: 'The newest ones are listed. Others are found by their words.',
  why: {
    image_kind: 'This is no JPEG, PNG or WebP, whatever the file is called. Save it as one of these.', image_svg: 'An SVG can carry programs. Export it as PNG or WebP.', image_animated: 'It is animated. Save one of its pictures by itself.',
    image_size: 'It has too many pixels: at most 40 megapixels and 12,000 a side are taken, with 8 bits of colour if it is large. Scale it.', image_truncated: 'The file ends before the picture does. Try again, or save it anew.',
    image_broken: 'The file cannot be read as a picture. Open it in an image program and save it anew.', required: 'The file is empty.', full: 'The product has as many pictures as it can. Remove one first.', payload_too_large: 'The file has more than 10 MB. Save it smaller.', uploads_crowded: 'The shop is busy with other pictures. Try again in a moment.',
  },
}

export type PictureMessages = typeof pictures
export default pictures
