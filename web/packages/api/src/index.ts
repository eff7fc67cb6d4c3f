/** The store's API for browsers: types, client and problems. */
export * from './models'
export { StoreApi, type StoreApiOptions } from './client'
export { ApiProblem, isProblem } from './problem'
