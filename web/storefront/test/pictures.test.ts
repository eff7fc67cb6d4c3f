/** Staff work with the pictures of a product, against a shop that answers from a table. */
import { flushPromises } from '@vue/test-utils'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiProblem, type Me, type StaffImage, type StaffProduct } from '@hanse/api'
import { chooseLocale, i18n, wantAccountTexts } from '@/lib/i18n'
import { whyNoPicture } from '@/lib/picture-words'
import { CARD, sized } from '@/lib/pictures'
import { useUploads } from '@/lib/uploads'
import PicturesView from '@/views/account/PicturesView.vue'
import { ana, cartWith, Shop, visit } from './shop'

beforeAll(wantAccountTexts)
beforeEach(() => {
  localStorage.clear()
  document.body.innerHTML = ''
})

const image = (id: string): StaffImage => ({
  id, src: `upload:${id}`, url: `/media/${id}-640.jpg`, alt: null, width: 640, height: 480, srcset: `/media/${id}-320.jpg 320w, /media/${id}-640.jpg 640w`,
})
const mug = (...ids: string[]): StaffProduct => ({ id: 'prod_mug', title: 'Enamel mug', slug: 'enamel-mug', status: 'draft', images: ids.map(image) })
const clerk = (): Me => ({ ...ana(), kind: 'staff', role: 'catalogue', permissions: ['catalogue:read', 'catalogue:write'] })

function shop(me: Me = clerk()) {
  let order = ['a', 'b', 'c']
  return new Shop()
    .on('GET /api/auth/me', [200, me])
    .on('GET /api/store/carts/*', [200, cartWith()])
    .on('GET /api/admin/products', [200, { items: [mug('a'), { ...mug(), id: 'prod_bell', title: 'Bell', status: 'published' }], next_cursor: null }])
    .on('GET /api/admin/products/*', () => [200, mug(...order)])
    .on('PUT /api/admin/products/*/images/order', ({ body }) => ((order = (body as { order: string[] }).order), [200, mug(...order)]))
    .on('PATCH /api/admin/products/*/images/*', ({ body }) => [200, { ...image('a'), ...(body as object) }])
    .on('DELETE /api/admin/products/*/images/*', ({ path }) => ((order = order.filter((id) => !path.endsWith(`/${id}`))), [204, undefined]))
    .open()
}

async function product() {
  const visited = await visit(PicturesView, '/account/pictures/prod_mug', { id: 'prod_mug' })
  await vi.dynamicImportSettled()
  await flushPromises()
  return visited
}

describe('a picture in sizes', () => {
  it('is left to the browser where there are several, and only there', () => {
    expect(sized(image('a'), CARD)).toEqual({ srcset: '/media/a-320.jpg 320w, /media/a-640.jpg 640w', sizes: CARD })
    expect(sized({ srcset: null }, CARD)).toEqual({})
  })
})

describe('the pictures of products', () => {
  it('are for those who may change products', async () => {
    const open = shop(ana())
    const { page } = await visit(PicturesView, '/account/pictures')
    await flushPromises()
    expect(page.text()).toContain('This is for those who keep the catalogue')
    expect(open.asked('GET', /admin/)).toHaveLength(0)
  })

  it('are listed with their products, drafts too', async () => {
    shop()
    const { page } = await visit(PicturesView, '/account/pictures')
    await flushPromises()
    expect(page.findAll('[data-testid="product"]').map((row) => row.text())).toEqual(['Enamel mug1 picture · Draft', 'BellNo pictures'])
  })

  it('are ordered by buttons that tell where a picture is then', async () => {
    const open = shop()
    const { page } = await product()
    await flushPromises()
    expect(page.findAll('[data-testid="picture"]')[0]?.text()).toContain('Shown in lists')
    expect(page.findAll('[data-testid="earlier"]')[0]?.attributes('aria-disabled')).toBe('true')
    await page.findAll('[data-testid="later"]')[0]?.trigger('click')
    await flushPromises()
    expect(open.asked('PUT', /order$/)[0]?.body).toEqual({ order: ['b', 'a', 'c'] })
    expect(page.findAll('[data-testid="picture"] img').map((one) => one.attributes('src'))).toEqual(['/media/b-640.jpg', '/media/a-640.jpg', '/media/c-640.jpg'])
  })

  it('are described when the field is left, and removed after a second word', async () => {
    const open = shop()
    const { page } = await product()
    await flushPromises()
    await page.findAll('[data-testid="alt"]')[1]?.setValue('A mug on a table')
    await flushPromises()
    const [described] = open.asked('PATCH', /images/)
    expect([described?.path, described?.body]).toEqual(['/api/admin/products/prod_mug/images/b', { alt: 'A mug on a table' }])
    await page.findAll('[data-testid="remove"]')[1]?.trigger('click')
    expect(open.asked('DELETE', /images/)).toHaveLength(0)
    await page.get('[data-testid="remove-yes"]').trigger('click')
    await flushPromises()
    expect(open.asked('DELETE', /images\/b$/)).toHaveLength(1)
    expect(page.findAll('[data-testid="picture"]')).toHaveLength(2)
  })
})

describe('the last picture of a product', () => {
  it('leaves the focus where the next one is chosen', async () => {
    const open = shop()
    open.on('GET /api/admin/products/*', () => [200, open.asked('DELETE', /images/).length > 0 ? mug() : mug('a')])
    const { page } = await product()
    await flushPromises()
    await page.get('[data-testid="remove"]').trigger('click')
    await page.get('[data-testid="remove-yes"]').trigger('click')
    await flushPromises()
    expect(page.text()).toContain('No pictures yet')
    expect(document.activeElement?.getAttribute('data-testid')).toBe('choose')
  })
})

describe('a picture that the product shows already', () => {
  it('is told, since nothing comes up that would tell', async () => {
    shop()
    class Sent extends EventTarget {
      readonly upload = new EventTarget()
      status = 200
      responseText = JSON.stringify(image('b'))
      open() {}
      setRequestHeader() {}
      send = () => void this.dispatchEvent(new Event('load'))
    }
    vi.stubGlobal('XMLHttpRequest', Sent)
    const { page } = await product()
    await flushPromises()
    const input = page.get<HTMLInputElement>('[data-testid="file"]')
    Object.defineProperty(input.element, 'files', { configurable: true, value: [new File(['x'], 'mug again.png')] })
    await input.trigger('change')
    await flushPromises()
    expect(page.get('[data-testid="known"]').text()).toBe('mug again.png is among the pictures already.')
    expect(page.findAll('[data-testid="picture"]')).toHaveLength(3)
  })
})

describe('a file that was not taken', () => {
  const { t, te } = i18n.global
  const refused = (code: string, message: string) => new ApiProblem(422, 'validation', { errors: [{ field: 'file', code, message }] })

  it('is told by its fault in the language that staff read, and as the shop says it where that is new', async () => {
    expect(whyNoPicture({ t, te }, refused('image_svg', 'is an SVG'))).toBe('An SVG can carry programs. Export it as PNG or WebP.')
    expect(whyNoPicture({ t, te }, new ApiProblem(413, 'payload_too_large'))).toContain('more than 10 MB')
    expect(whyNoPicture({ t, te }, refused('image_haunted', 'is haunted'))).toBe('This file is haunted.')
    const full = { errors: [{ field: 'product', code: 'length', message: 'has 100 images already' }] }
    expect(whyNoPicture({ t, te }, new ApiProblem(422, 'validation', full))).toContain('Remove one first')
    expect(whyNoPicture({ t, te }, new ApiProblem(0, 'network'))).toContain('cannot be reached')
    await chooseLocale('de')
    expect(whyNoPicture({ t, te }, refused('image_kind', 'is no JPEG'))).toContain('kein JPEG, PNG oder WebP')
    await chooseLocale('en')
  })
})

describe('what is asked for while something else is on its way', () => {
  it('is done after it, from where the pictures are then', async () => {
    const open = shop()
    const { page } = await product()
    await flushPromises()
    const later = page.findAll('[data-testid="later"]')[0]
    await page.findAll('[data-testid="alt"]')[0]?.setValue('A mug')
    void later?.trigger('click')
    void later?.trigger('click')
    await flushPromises()
    expect(open.asked('PATCH', /images/).map(({ body }) => body)).toEqual([{ alt: 'A mug' }])
    expect(open.asked('PUT', /order$/).map(({ body }) => body)).toEqual([{ order: ['b', 'a', 'c'] }, { order: ['b', 'c', 'a'] }])
  })

  it('and is refused is told, and shows what the shop has', async () => {
    const open = shop()
    open.on('PUT /api/admin/products/*/images/order', [422, { code: 'validation', errors: [{ field: 'order', code: 'unknown', message: 'must name each' }] }])
    const { page } = await product()
    await flushPromises()
    await page.findAll('[data-testid="later"]')[0]?.trigger('click')
    await flushPromises()
    expect(page.get('[data-testid="refused"]').text()).toContain('have changed meanwhile')
    expect(page.findAll('[data-testid="picture"] img')[0]?.attributes('src')).toBe('/media/a-640.jpg')
  })
})

describe('uploads', () => {
  const file = (name: string) => new File(['x'], name)

  it('go two at a time, and tell of each that was taken', async () => {
    const ends: (() => void)[] = []
    const added: string[] = []
    const uploads = useUploads(
      (sent) => new Promise((resolve) => ends.push(() => resolve(image(sent.name)))),
      ({ id }) => added.push(id),
    )
    uploads.add(['a', 'b', 'c'].map(file))
    expect(uploads.all.map(({ state }) => state)).toEqual(['sending', 'sending', 'waiting'])
    ends[1]?.()
    await flushPromises()
    expect(uploads.all.map(({ state }) => state)).toEqual(['sending', 'sending'])
    ends[0]?.()
    ends[2]?.()
    await flushPromises()
    expect([added, uploads.all]).toEqual([['b', 'a', 'c'], []])
  })

  it('insist while the shop is crowded, and keep what was refused until it is dismissed', async () => {
    vi.useFakeTimers()
    const crowded = new ApiProblem(503, 'uploads_crowded', {}, { retryAfter: 2 })
    const refused = new ApiProblem(422, 'validation', { errors: [{ field: 'file', code: 'image_svg', message: 'is an SVG' }] })
    const send = vi.fn().mockRejectedValueOnce(crowded).mockRejectedValueOnce(refused)
    const uploads = useUploads(send, () => {})
    uploads.add([file('a.svg')])
    await vi.advanceTimersByTimeAsync(1999)
    expect(send).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(send).toHaveBeenCalledTimes(2)
    const [failed] = uploads.all
    expect([failed?.state, failed?.problem]).toEqual(['failed', refused])
    send.mockResolvedValueOnce(image('a'))
    if (failed) uploads.again(failed)
    await vi.advanceTimersByTimeAsync(0)
    expect(uploads.all).toEqual([])
    vi.useRealTimers()
  })
})
