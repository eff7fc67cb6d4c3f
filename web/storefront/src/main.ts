/** Starts the storefront: seeds the cache with what the server wrote into the page, then mounts over the server's shell. */
import '@/styles/main.css'
import { PiniaColada, useQueryCache } from '@pinia/colada'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { applyLocale, i18n, preferredLocale } from './lib/i18n'
import { keyOf, readPageState } from './lib/seed'
import { createShopRouter } from './router'

async function start(): Promise<void> {
  const app = createApp(App)
  const pinia = createPinia()
  const router = createShopRouter()
  app.use(pinia).use(PiniaColada).use(i18n).use(router)

  const cache = useQueryCache(pinia)
  for (const [path, data] of Object.entries(readPageState(document))) cache.setQueryData(keyOf(path), data)

  // The page's own part and the language are loaded before the shell is replaced, so that nothing flashes in between.
  await Promise.all([applyLocale(preferredLocale()), router.isReady()])
  app.mount('#app')
}

void start()
