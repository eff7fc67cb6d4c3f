/** Addresses of the storefront. Every one of them is also answered by the server, with the page's first rendering. */
import { createRouter, createWebHistory, type Router } from 'vue-router'
import { wantAccountTexts } from './lib/i18n'

/** A page about one's account, with the words that only such pages need. */
function accountPage<View>(load: () => Promise<View>): () => Promise<View> {
  return async () => (await Promise.all([load(), wantAccountTexts()]))[0]
}

export function createShopRouter(): Router {
  return createRouter({
    history: createWebHistory(),
    routes: [
      { path: '/', name: 'home', component: () => import('./views/HomeView.vue') },
      { path: '/products', name: 'products', component: () => import('./views/ListingView.vue') },
      { path: '/products/:slug', name: 'product', component: () => import('./views/ProductView.vue'), props: true },
      { path: '/cart', name: 'cart', component: () => import('./views/CartView.vue') },
      { path: '/checkout', name: 'checkout', component: () => import('./views/CheckoutView.vue') },
      { path: '/orders/:id', name: 'order', component: () => import('./views/OrderView.vue'), props: true },
      {
        path: '/orders/:id/confirmation',
        name: 'confirmation',
        component: () => import('./views/ConfirmationView.vue'),
        props: true,
      },
      { path: '/account', name: 'account', component: accountPage(() => import('./views/account/AccountView.vue')) },
      { path: '/account/login', name: 'login', component: accountPage(() => import('./views/account/LoginView.vue')) },
      { path: '/account/register', name: 'register', component: accountPage(() => import('./views/account/RegisterView.vue')) },
      { path: '/account/security', name: 'security', component: accountPage(() => import('./views/account/SecurityView.vue')) },
      { path: '/account/email', name: 'email', component: accountPage(() => import('./views/account/EmailView.vue')) },
      { path: '/account/forgot', name: 'forgot', component: accountPage(() => import('./views/account/ForgotView.vue')) },
      { path: '/account/reset', name: 'reset', component: accountPage(() => import('./views/account/ResetView.vue')) },
      { path: '/account/invitation', name: 'invitation', component: accountPage(() => import('./views/account/InvitationView.vue')) },
      { path: '/account/pictures/:id?', name: 'pictures', component: accountPage(() => import('./views/account/PicturesView.vue')), props: true },
      { path: '/account/verify', name: 'verify', component: accountPage(() => import('./views/account/VerifyView.vue')) },
      { path: '/:path(.*)*', name: 'not-found', component: () => import('./views/NotFoundView.vue') },
    ],
    scrollBehavior(to, from, saved) {
      if (saved) return saved
      if (to.path === from.path) return to.query['cursor'] || to.query['variant'] ? false : { top: 0 }
      return { top: 0 }
    },
  })
}
