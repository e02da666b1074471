import type { Page } from '@playwright/test'
import { BETHANY, alive, connect } from './support/person'
import { expect, test } from './support/test'

const PATHS = ['/welcome', '/services', '/services?page=200', '/services?q=checkout', '/incidents', '/on-call', '/explorer?q=users']
const ROUNDS = 40
const PAGES = 10
/** As slow as a phone of some years ago, beside the machine this runs on. */
const SLOWER = 4

declare global {
  interface Window {
    long?: number[]
  }
}

test('pages of a large company', async ({ page, large }) => {
  await connect(page, BETHANY, large.origin)
  for (const path of PATHS) {
    const times: number[] = []
    let bytes = 0
    for (let round = 0; round < ROUNDS; round++) {
      const began = performance.now()
      const answer = await page.request.get(large.origin + path, { headers: { accept: 'text/html', 'accept-encoding': 'identity' } })
      bytes = (await answer.body()).length
      times.push(performance.now() - began)
      expect(answer.status()).toBe(200)
    }
    times.sort((one, other) => one - other)
    const at = (share: number) => (times[Math.floor(ROUNDS * share)] ?? 0).toFixed(1)
    console.log(`${path.padEnd(24)} median ${at(0.5)} ms, p95 ${at(0.95)} ms, ${bytes} bytes before compression`)
  }
})

test('paging and searching on a slow machine', async ({ page, large }) => {
  await connect(page, BETHANY, large.origin)
  await page.goto(`${large.origin}/services`)
  await alive(page)
  await (await page.context().newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
  await page.evaluate(() => {
    const long: number[] = (window.long = [])
    new PerformanceObserver(list => list.getEntries().forEach(task => long.push(Math.round(task.duration)))).observe({ entryTypes: ['longtask'] })
  })
  const took: number[] = []
  for (let number = 2; number < 2 + PAGES; number++) {
    await page.getByRole('link', { name: 'Next' }).click()
    took.push(await shown(page, `Page ${number} of 400`))
  }
  for (const word of ['checkout', 'pay', 'mobile', 'zzz']) {
    await page.getByLabel('Name').fill(word)
    await page.getByRole('button', { name: 'Search' }).click()
    await expect(page).toHaveURL(new RegExp(`q=${word}`))
    await expect(page.locator('.lead')).toContainText('fit')
  }
  const long = await page.evaluate(() => window.long ?? [])
  console.log(`${SLOWER} times slower: click to shown ${took.join(', ')} ms; tasks over 50 ms: ${long.length ? long.join(', ') : 'none'}`)
})

async function shown(page: Page, text: string): Promise<number> {
  const began = performance.now()
  await page.getByText(text).waitFor()
  return Math.round(performance.now() - began)
}
