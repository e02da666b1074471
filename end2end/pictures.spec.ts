import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { alive, connect, expectPicture } from './support/person'
import { expect, test } from './support/test'

/**
 * The pictures in `pictures/`, which the README shows. Fonts differ from machine to machine, so they are only kept when
 * asked for: `KEEP_PICTURES=1 make e2e ARGS=pictures`. Otherwise they go to `test-results/pictures/readme/`.
 */
const SIZE = { width: 1280, height: 800 }

test.skip(({ hydrated }) => !hydrated, 'The pictures are of the pages as most people see them.')
test.use({ viewport: SIZE, contextOptions: { reducedMotion: 'reduce' } })

const pages = [
  { name: 'connect', path: '/', title: 'Connect to PagerDuty, and see how it’s done.' },
  { name: 'welcome', path: '/welcome', title: 'Hello, Bethany Developer!' },
  { name: 'how', path: '/how', title: 'How this worked' },
]

for (const { name, path, title } of pages) {
  test(`a picture of ${path}`, async ({ page, app, sandbox }, info) => {
    const folder = process.env.KEEP_PICTURES ? join(info.config.rootDir, 'pictures') : join(info.project.outputDir, 'pictures/readme')
    if (path !== '/') await connect(page)
    await page.goto(path)
    await alive(page)
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title)
    if (path === '/welcome') await expectPicture(page.locator('main img.avatar'))
    await asEverywhere(page, { [app.origin]: 'http://localhost:5000', [sandbox.identityUrl]: 'http://127.0.0.1:5001' })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const files = [`${name}-${colorScheme}.png`]
      if (name === 'welcome' && colorScheme === 'light') files.push('welcome.png')
      for (const file of files) {
        const bytes = await page.screenshot({ path: join(folder, file), animations: 'disabled', caret: 'hide' })
        expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([SIZE.width, SIZE.height])
      }
    }
  })
}

/** Ports and times are of this run: the pictures show those of everybody. */
async function asEverywhere(page: Page, addresses: Record<string, string>): Promise<void> {
  await page.evaluate(addresses => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    let day = 21
    while (walker.nextNode()) {
      const node = walker.currentNode as Text
      let text = node.data
      for (const [from, to] of Object.entries(addresses)) text = text.replaceAll(from, to)
      text = text.replace(/^\d+ \w+ 20\d\d, \d\d:\d\d UTC$/, () => `${day++} November 2026, 09:12 UTC`)
      if (text !== node.data) node.data = text
    }
    for (const time of document.querySelectorAll('.request-time')) time.textContent = '12 ms'
  }, addresses)
}
