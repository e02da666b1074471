import type { Page } from '@playwright/test'
import { alive, connect } from './support/person'
import { expect, test } from './support/test'

const RESTARTS = 100
const pages = [
  { path: '/welcome', link: 'Welcome', title: 'Hello, Bethany Developer!' },
  { path: '/connection', link: 'Connection', title: 'Your connection' },
  { path: '/how', link: 'How this worked', title: 'How this worked' },
]
/** What a page that is alive says when its server was just away. */
const AWAY = 'No answer from this app'

test('rf_17 a hundred restarts while somebody looks around sign nobody out', async ({ page, app, watch, hydrated }) => {
  test.setTimeout(300_000)
  // The server is away for a moment each time; everything else is a surprise, an answer of 401 above all.
  watch.tolerated(/^failed: (GET|POST) /, /^console (error|warning): .*(net::ERR_|The page stays plain HTML|preload)/)
  await connect(page)

  let [seen, over] = [0, false]
  const restarting = (async () => {
    for (let restart = 0; restart < RESTARTS && !over; restart++) {
      // A page has come since the last time; this one meets the next at another point of its way.
      const before = seen
      await pause((restart % 10) * 15)
      await app.restart()
      while (seen === before && !over) await pause(5)
    }
    over = true
  })()
  try {
    for (let turn = 0; !over; turn++) {
      const { path, link, title } = pages[turn % pages.length] ?? { path: '/', link: '', title: '' }
      const came = turn % 2 ? await follow(page, link) : await visit(page, path)
      if (!came) continue
      const shown = page.getByRole('heading', { level: 1 })
      await expect(shown).toHaveText(hydrated ? new RegExp(`^(${title}|${AWAY})$`) : title)
      if ((await shown.textContent()) === title) seen++
    }
  } finally {
    over = true
    await restarting
  }
  await page.goto('/welcome')
  await alive(page, hydrated)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Hello, Bethany Developer!')
  expect(seen).toBeGreaterThanOrEqual(RESTARTS)
})

const pause = (ms: number) => new Promise(done => setTimeout(done, ms))

/** Whether the server was there. */
async function visit(page: Page, path: string): Promise<boolean> {
  try {
    return (await page.goto(path))?.status() === 200
  } catch {
    return false
  }
}

/** By the page's own link, where there is a page. */
async function follow(page: Page, name: string): Promise<boolean> {
  try {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click({ timeout: 1000 })
    await page.waitForLoadState()
    return !page.url().startsWith('chrome-error:')
  } catch {
    return false
  }
}
