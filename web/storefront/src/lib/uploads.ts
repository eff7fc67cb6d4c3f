/** Files on their way to the shop: two at a time, each with how far it is and why it was not taken. */
import { isProblem, type StaffImage } from '@hanse/api'
import { reactive } from 'vue'

const AT_ONCE = 2
/** The shop may be busy with the pictures of others. */
const PATIENCE = 10

export interface Upload {
  readonly id: number
  readonly file: File
  state: 'waiting' | 'sending' | 'failed'
  /** From 0 to 1. */
  part: number
  problem: unknown
}

export interface Uploads {
  readonly all: Upload[]
  add: (files: Iterable<File>) => void
  again: (upload: Upload) => void
  dismiss: (upload: Upload) => void
}

/** `send` uploads one file; `onAdded` is told of each that was taken, in the order in which they were. */
export function useUploads(
  send: (file: File, onProgress: (part: number) => void) => Promise<StaffImage>,
  onAdded: (image: StaffImage, file: File) => void,
): Uploads {
  const all = reactive<Upload[]>([])
  let count = 0

  function next(): void {
    const sending = all.filter(({ state }) => state === 'sending').length
    for (const upload of all.filter(({ state }) => state === 'waiting').slice(0, AT_ONCE - sending)) void perform(upload)
  }

  async function perform(upload: Upload): Promise<void> {
    Object.assign(upload, { state: 'sending', part: 0, problem: null })
    try {
      const image = await insist(upload)
      dismiss(upload)
      onAdded(image, upload.file)
    } catch (problem) {
      Object.assign(upload, { state: 'failed', problem })
    }
    next()
  }

  async function insist(upload: Upload): Promise<StaffImage> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await send(upload.file, (part) => (upload.part = part))
      } catch (problem) {
        const crowded = isProblem(problem, 'uploads_crowded') || isProblem(problem, 'busy')
        if (!crowded || tries >= PATIENCE) throw problem
        await new Promise((resolve) => setTimeout(resolve, 1000 * (problem.retryAfter ?? 1)))
      }
    }
  }

  function add(files: Iterable<File>): void {
    for (const file of files) all.push({ id: (count += 1), file, state: 'waiting', part: 0, problem: null })
    next()
  }

  function again(upload: Upload): void {
    upload.state = 'waiting'
    next()
  }

  function dismiss(upload: Upload): void {
    const at = all.findIndex(({ id }) => id === upload.id)
    if (at >= 0) all.splice(at, 1)
  }

  return { all, add, again, dismiss }
}
