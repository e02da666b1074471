import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { Front } from './support/front'
import { BETHANY, alive, begin, consent, greeting, signIn } from './support/person'
import { expect, test as base } from './support/test'

const pages = [
  { link: 'Services', title: 'Services' },
  { link: 'Incidents', title: 'Incidents' },
  { link: 'Connection', title: 'Your connection' },
  { link: 'How this worked', title: 'How this worked' },
  { link: 'Welcome', title: 'Hello, Bethany Developer!' },
]

/** Whatever is answered with 400 or more, or not at all, fails the test: see support/watch.ts. */
const test = base.extend<{ front: Front }>({
  front: async ({ world, sandbox, watch }, use) => {
    const front = await Front.start(mkdtempSync(join(world.folder, 'front-')), sandbox)
    watch.allowOrigin(front.origin)
    front.replicas.forEach(app => watch.app(app))
    await use(front)
    await front.stop()
  },
  baseURL: async ({ front }, use) => use(front.origin),
  ignoreHTTPSErrors: true,
})

test('behind nginx one of three is killed, another restarted, and no page fails', async ({ page, front, hydrated }) => {
  test.setTimeout(120_000)
  const [first, second, third] = front.replicas

  // Between the way out and the way back.
  await begin(page)
  await first.kill()
  await signIn(page, BETHANY)
  await consent(page)
  await expect(greeting(page)).toHaveText('Hello, Bethany Developer!')
  await lookAround(page, hydrated)

  await first.restart()
  // While it answers what is under way, and stops, and starts.
  let over = false
  const restarting = second.restart().finally(() => (over = true))
  do {
    await open(page)
  } while (!over)
  await restarting
  await lookAround(page, hydrated)

  // Between two pages.
  await third.kill()
  await lookAround(page, hydrated)
  await third.restart()
  await open(page)
  // None of them was there for nothing.
  for (const replica of front.replicas) expect(replica.events('request').length).toBeGreaterThan(0)
})

/** By the page's own links. */
async function lookAround(page: Page, hydrated: boolean): Promise<void> {
  await alive(page, hydrated)
  for (const { link, title } of pages) {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: link }).click()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title)
  }
}

async function open(page: Page): Promise<void> {
  await page.goto('/welcome')
  await expect(greeting(page)).toHaveText('Hello, Bethany Developer!')
}
