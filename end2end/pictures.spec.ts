import { join } from 'node:path'
import type { Page } from '@playwright/test'
import type { Stage } from './support/failures'
import { PEOPLE, importer, load, planned, slowly } from './support/import'
import { BETHANY, alive, connect, disconnect, expectPicture } from './support/person'
import { expect, test } from './support/test'
import { checked, onAPhone, replyLost, revoked } from './support/upkeep'

/**
 * The pictures in `pictures/`, which the README shows. Fonts differ from machine to machine, so they are only kept when
 * asked for: `KEEP_PICTURES=1 make e2e ARGS=pictures`. Otherwise they go to `test-results/pictures/readme/`.
 */
const SIZE = { width: 1280, height: 800 }

test.skip(({ hydrated }) => !hydrated, 'The pictures are of the pages as most people see them.')
test.use({ viewport: SIZE, contextOptions: { reducedMotion: 'reduce' } })

interface Picture {
  name: string
  /** None where it is wherever `reach` ends. */
  path?: string
  title: string
  reach?: (stage: Stage) => Promise<unknown>
}

const greeted = ({ page }: Stage) => connect(page, BETHANY)
const pages: Picture[] = [
  { name: 'connect', path: '/', title: 'Connect to PagerDuty, and see how it’s done.' },
  { name: 'welcome', path: '/welcome', title: 'Hello, Bethany Developer!', reach: greeted },
  { name: 'how', path: '/how', title: 'How this worked', reach: greeted },
  {
    name: 'connection',
    path: '/connection',
    title: 'Your connection',
    reach: async stage => {
      await onAPhone(stage)
      await checked(stage)
    },
  },
  { name: 'services', path: '/services', title: 'Services', reach: greeted },
  { name: 'incidents', path: '/incidents', title: 'Incidents', reach: greeted },
  { name: 'on-call', path: '/on-call', title: 'On call', reach: greeted },
  { name: 'explorer', path: '/explorer?q=users&pick=GET+%2Fusers&pick=POST+%2Fincidents', title: 'Explorer', reach: greeted },
  {
    name: 'import-plan',
    title: 'What would be done',
    reach: async ({ page, anotherApp }) => {
      const app = await importer(page, anotherApp)
      await load(page, PEOPLE, { origin: app.origin })
      await planned(page)
    },
  },
  {
    name: 'import-progress',
    title: 'Under way',
    reach: async ({ page, anotherApp, sandbox }) => {
      const app = await importer(page, anotherApp)
      await slowly(page, sandbox, app, 500)
      await expect.poll(async () => Number(await page.locator('#live-done').textContent()), { timeout: 20_000 }).toBeGreaterThan(120)
      await page.evaluate(() => scrollTo(0, 0))
    },
  },
  { name: 'connection-over', path: '/connection', title: 'Your connection', reach: replyLost },
  { name: 'ended', path: '/connection', title: 'Your connection was ended at PagerDuty', reach: revoked },
]

for (const { name, path, title, reach } of pages) {
  test(`a picture of ${name}`, async ({ page, app, sandbox, watch, anotherBrowser, anotherApp }, info) => {
    const folder = process.env.KEEP_PICTURES ? join(info.config.rootDir, 'pictures') : join(info.project.outputDir, 'pictures/readme')
    if (name === 'ended') watch.expected(/^status: 401 GET \/connection$/)
    if (reach) {
      // Other tests may have left browsers signed in.
      await connect(page)
      await disconnect(page)
      await expect(page).toHaveURL(/\/disconnected/)
      await alive(page)
      await reach({ page, app, sandbox, anotherBrowser, anotherApp })
    }
    if (path) await page.goto(path)
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
    // Now is always the same.
    const shift = Date.UTC(2026, 10, 21, 9, 12) - Date.now()
    const moved = (text: string) => {
      const at = new Date(Date.parse(text.replace(',', '')) + shift)
      const [day, time] = [{ day: 'numeric', month: 'long', year: 'numeric' }, { hour: '2-digit', minute: '2-digit' }] as const
      return `${at.toLocaleDateString('en-GB', { ...day, timeZone: 'UTC' })}, ${at.toLocaleTimeString('en-GB', { ...time, timeZone: 'UTC' })} UTC`
    }
    while (walker.nextNode()) {
      const node = walker.currentNode as Text
      let text = node.data
      for (const [from, to] of Object.entries(addresses)) text = text.replaceAll(from, to)
      text = text.replace(/^\d+ \w+ 20\d\d, \d\d:\d\d UTC$/, moved)
      if (text !== node.data) node.data = text
    }
    for (const time of document.querySelectorAll('.request-time')) time.textContent = '12 ms'
  }, addresses)
}
