/** The calls of a merchant about the pictures of products. They load with the pages that make them. */
import type { Client } from 'openapi-fetch'
import { BY_SCRIPT, done, read, write } from './calls'
import type { StaffImage, StaffProduct, StaffProductList } from './models'
import { ApiProblem, problemOf } from './problem'
import type { paths } from './schema'

/** As long as the shop itself waits for an upload. */
const UPLOAD_TIMEOUT_MS = 300_000

export class PicturesApi {
  readonly #client: Client<paths>
  readonly #origin: string

  constructor(client: Client<paths>, origin: string = globalThis.location.origin) {
    this.#client = client
    this.#origin = origin
  }

  products(words: string, signal?: AbortSignal): Promise<StaffProductList> {
    const query = words ? { q: words, limit: 24 } : { limit: 24 }
    return read((limit) => this.#client.GET('/api/admin/products', { params: { query }, signal: limit }), signal)
  }

  product(id: string, signal?: AbortSignal): Promise<StaffProduct> {
    return read((limit) => this.#client.GET('/api/admin/products/{id}', { params: { path: { id } }, signal: limit }), signal)
  }

  describe(product: string, image: string, alt: string): Promise<StaffImage> {
    const params = { path: { id: product, image } }
    const body = { alt: alt.trim() || null }
    return write((signal) => this.#client.PATCH('/api/admin/products/{id}/images/{image}', { params, body, signal }))
  }

  order(product: string, order: string[]): Promise<StaffProduct> {
    const params = { path: { id: product } }
    return write((signal) => this.#client.PUT('/api/admin/products/{id}/images/order', { params, body: { order }, signal }))
  }

  remove(product: string, image: string): Promise<void> {
    const params = { path: { id: product, image } }
    return done((signal) => this.#client.DELETE('/api/admin/products/{id}/images/{image}', { params, signal }))
  }

  /** Tells how much of the file has left, from 0 to 1: fetch cannot. */
  upload(product: string, file: Blob, onProgress: (part: number) => void): Promise<StaffImage> {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest()
      request.open('POST', `${this.#origin}/api/admin/products/${encodeURIComponent(product)}/images`)
      request.timeout = UPLOAD_TIMEOUT_MS
      // What it is, the shop finds out by itself.
      request.setRequestHeader('Content-Type', 'application/octet-stream')
      request.setRequestHeader(...BY_SCRIPT)
      request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0))
      request.addEventListener('timeout', () => reject(new ApiProblem(0, 'timeout')))
      request.addEventListener('error', () => reject(new ApiProblem(0, 'network')))
      request.addEventListener('load', () => {
        const body = parsed(request.responseText)
        if (request.status >= 200 && request.status < 300 && body !== undefined) return resolve(body as StaffImage)
        const headers = new Headers()
        const wait = request.getResponseHeader('Retry-After')
        if (wait !== null) headers.set('Retry-After', wait)
        reject(problemOf({ status: request.status, headers }, body))
      })
      request.send(file)
    })
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
