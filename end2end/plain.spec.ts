import type { Page, Route } from '@playwright/test'
import { BETHANY, alive, connect, disconnect, goThrough, greeting } from './support/person'
import { expect, test } from './support/test'

test.skip(({ hydrated }) => !hydrated, 'Without JavaScript no Wasm is asked for: the whole suite runs that way besides.')

test.afterEach(async ({ page }) => page.unrouteAll({ behavior: 'ignoreErrors' }))

const NOTICE = 'the part that runs in your browser did not load'
const plain = /^console warning: The page stays plain HTML/

interface Mishap {
  name: string
  what: RegExp
  answer: (route: Route) => Promise<void>
  /** What a browser says of it. */
  leaves: RegExp[]
  /** What it may say besides. */
  besides?: RegExp[]
}

const WASM = /\/pkg\/[^/]*\.wasm$/
const SCRIPT = /\/pkg\/[^/]*\.js$/
const unused = /^console warning: .*preload/

const mishaps: Mishap[] = [
  { name: 'is not there', what: WASM, answer: route => route.fulfill({ status: 404 }), leaves: [plain, /^status: 404 GET \/pkg\/.*wasm$/] },
  { name: 'fails on the server', what: WASM, answer: route => route.fulfill({ status: 500 }), leaves: [plain, /^status: 500 GET \/pkg\/.*wasm$/] },
  {
    name: 'is cut short',
    what: WASM,
    answer: async route => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, body: (await answer.body()).subarray(0, 100_000) })
    },
    leaves: [plain],
  },
  {
    name: 'is not Wasm',
    what: WASM,
    answer: route => route.fulfill({ contentType: 'application/wasm', body: '<!doctype html><title>Sign in to the network</title>' }),
    leaves: [plain],
  },
  { name: 'is blocked', what: WASM, answer: route => route.abort('blockedbyclient'), leaves: [plain, /^failed: GET \/pkg\/.*wasm /] },
  {
    name: 'has a script that is not there',
    what: SCRIPT,
    answer: route => route.fulfill({ status: 404 }),
    leaves: [plain, /^status: 404 GET \/pkg\/.*js$/],
  },
  {
    name: 'has a script of an older build',
    what: SCRIPT,
    answer: async route => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, body: (await answer.text()).replace(/__wb[gi][a-z]*_/g, '$&older_') })
    },
    leaves: [plain],
  },
  {
    name: 'has a script that is blocked',
    what: SCRIPT,
    answer: route => route.abort('blockedbyclient'),
    leaves: [plain, /^failed: GET \/pkg\/.*js /],
  },
]

for (const mishap of mishaps) {
  test(`rf_24 when the Wasm ${mishap.name}, the page says so and everything still works`, async ({ page, watch }) => {
    watch.expected(...mishap.leaves)
    watch.tolerated(unused, /^console warning: `WebAssembly\.instantiateStreaming` failed/)
    await page.route(mishap.what, mishap.answer)
    await page.goto('/')
    await expect(page.getByRole('status').filter({ hasText: NOTICE })).toBeVisible({ timeout: 4000 })
    await expectEverythingWorks(page)
  })
}

test('rf_24 when a policy forbids Wasm, the page says so and everything still works', async ({ page, app, watch }) => {
  watch.expected(plain, /^csp\.report: script-src wasm-eval$/)
  watch.tolerated(unused, /^console (error|warning): .*(WebAssembly|Content Security Policy|unsafe-eval)/)
  await page.route(/\/(welcome)?$/, async route => {
    if (!route.request().isNavigationRequest() || !route.request().url().startsWith(app.origin)) return route.continue()
    const answer = await route.fetch()
    const policy = answer.headers()['content-security-policy'] ?? ''
    await route.fulfill({
      response: answer,
      headers: { ...answer.headers(), 'content-security-policy': policy.replace("'wasm-unsafe-eval'", '') },
    })
  })
  await page.goto('/')
  await expect(page.getByRole('status').filter({ hasText: NOTICE })).toBeVisible({ timeout: 4000 })
  await goThrough(page, BETHANY)
  await expect(greeting(page)).toBeVisible()
  // Only what is asked for directly passes through the hands of this test.
  await page.reload()
  await expect(page.getByText(NOTICE)).toBeVisible({ timeout: 4000 })
  await disconnect(page)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are disconnected')
})

test('rf_24 when the Wasm comes under a wrong type, the page comes alive all the same', async ({ page, watch }) => {
  watch.expected(/^console warning: `WebAssembly\.instantiateStreaming` failed/)
  watch.tolerated(unused)
  await page.route(WASM, async route => {
    const answer = await route.fetch()
    const headers = { ...answer.headers(), 'content-type': 'text/plain', 'x-content-type-options': '' }
    await route.fulfill({ response: answer, headers })
  })
  await page.goto('/')
  await alive(page)
  await expect(page.getByText(NOTICE)).toBeHidden()
})

test('rf_24 while the Wasm is slow the page says so within three seconds, and stops saying so', async ({ page, watch }) => {
  watch.tolerated(unused)
  let come = () => {}
  const wait = new Promise<void>(done => (come = done))
  await page.route(WASM, async route => {
    await wait
    await route.continue()
  })
  await page.goto('/', { waitUntil: 'commit' })
  await expect(page.getByText(NOTICE)).toBeVisible({ timeout: 4500 })
  come()
  await alive(page)
  await expect(page.getByText(NOTICE)).toBeHidden()
})

async function expectEverythingWorks(page: Page): Promise<void> {
  await connect(page)
  await expect(page.getByText(NOTICE)).toBeVisible()
  await page.getByRole('link', { name: 'See how this worked' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('How this worked')
  await page.goBack()
  await disconnect(page)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You are disconnected')
}
