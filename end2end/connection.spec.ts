import type { Page } from '@playwright/test'
import { tabTo } from './support/keyboard'
import { BETHANY, alive, connect, consent, disconnect, greeting, pressConnect, signIn } from './support/person'
import type { Sandbox } from './support/sandbox'
import { expect, test } from './support/test'
import { down, due, pressCheck, refreshing, replyLost, revoked, twoBrowsers } from './support/upkeep'

const heading = (page: Page) => page.getByRole('heading', { level: 1 })
const state = (page: Page) => page.locator('.standing')
const note = (page: Page) => page.locator('.said')
const stations = (page: Page) => page.locator('.life li > p:first-child')
const refreshes = async (sandbox: Sandbox) =>
  (await sandbox.requests()).filter(request => request.body.includes('grant_type=refresh_token')).length

const notAnswering = 'PagerDuty does not answer, so nothing could be checked. Nothing is lost; try again in a minute.'

async function connectAgain(page: Page): Promise<void> {
  await pressConnect(page)
  await signIn(page, BETHANY)
  await consent(page)
}

test('the connection page tells state, clocks and sessions', async ({ page, hydrated }) => {
  await connect(page)
  await alive(page, hydrated)
  const link = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Connection' })
  await link.click()
  await expect(page).toHaveURL(/\/connection$/)
  await expect(page).toHaveTitle('Your connection · Connect for PagerDuty')
  await expect(heading(page)).toHaveText('Your connection')
  await expect(link).toHaveAttribute('aria-current', 'page')

  await expect(state(page)).toHaveAttribute('data-state', 'connected')
  await expect(state(page)).toContainText('PagerDuty answers this app in your name.')
  await expect(stations(page)).toHaveText(['Connected', 'Access token ends', 'Unused, it ends', 'PagerDuty asks again'])
  await expect(page.locator('.life strong')).toHaveText(['just now', /^in (23 hours|1 day)$/, /^in (29|30) days$/, /^in 36[45] days$/])
  await expect(page.locator('.life-past')).toHaveCount(1)

  const mine = page.locator('.seats li').filter({ hasText: 'this browser' })
  await expect(mine).toHaveCount(1)
  await expect(mine).toContainText('Chrome on ')
  await expect(mine).toContainText('Signed in just now, last seen just now')
  await expect(note(page)).toHaveCount(0)
})

test('the greeting tells the state, and leads to all about it', async ({ page }) => {
  await connect(page)
  await expect(state(page)).toHaveAttribute('data-state', 'connected')
  await page.getByRole('link', { name: 'All about it' }).click()
  await expect(heading(page)).toHaveText('Your connection')
})

test('Check it now asks PagerDuty and says that it works', async ({ page, sandbox }) => {
  await connect(page)
  await page.goto('/connection')
  const asked = async () => (await sandbox.requests()).filter(request => request.path === '/users/me').length
  const before = await asked()
  await pressCheck({ page })
  await expect(page).toHaveURL(/\/connection\?note=checked$/)
  await expect(page.getByRole('status')).toHaveText('PagerDuty answered just now, in your name: the connection works.')
  expect(await asked()).toBe(before + 1)
  expect(await refreshes(sandbox)).toBe(0)
})

test('nobody can put words into the note', async ({ page }) => {
  await connect(page)
  for (const query of ['?note=<b>hacked</b>', '?note=', '?note=checked&x', '?x=checked']) {
    await page.goto(`/connection${query}`)
    await expect(state(page)).toBeVisible()
    await expect(note(page)).toHaveCount(0)
  }
})

test('rf_12 a token that PagerDuty takes no more is renewed, and the page says when', async ({ page, app, sandbox, anotherBrowser, anotherApp }) => {
  await due({ page, app, sandbox, anotherBrowser, anotherApp })
  await expect(page.locator('.life strong').first()).toHaveText('2 hours ago')
  await pressCheck({ page })
  await expect(note(page)).toContainText('the connection works')
  await expect(stations(page).nth(1)).toHaveText('Last renewed')
  await expect(page.locator('.life strong').nth(1)).toHaveText('just now')
  await expect(page.locator('.life-past')).toHaveCount(2)
  expect(await refreshes(sandbox)).toBe(1)
})

test('while new tokens are fetched the page says so, and the next look says how it went', async ({ page, app, sandbox, anotherBrowser, anotherApp }) => {
  await refreshing({ page, app, sandbox, anotherBrowser, anotherApp })
  await expect(state(page)).toContainText('Renewing')
  await expect(async () => {
    await page.reload()
    await expect(state(page)).toHaveAttribute('data-state', 'connected', { timeout: 100 })
  }).toPass()
  await expect(stations(page).nth(1)).toHaveText('Last renewed')
  expect(await refreshes(sandbox)).toBe(1)
})

test('End the others signs out every other browser at its next step', async ({ page, app, sandbox, watch, hydrated, anotherBrowser, anotherApp }) => {
  const other = await twoBrowsers({ page, app, sandbox, anotherBrowser, anotherApp })
  await alive(other, hydrated)
  await expect(page.locator('.seats li').filter({ hasText: 'Safari on iPhone' }).first()).not.toContainText('this browser')
  await page.getByRole('button', { name: 'End the others' }).click()
  await expect(note(page)).toHaveText('Every other browser was signed out.')
  await expect(page.locator('.seats li')).toHaveCount(1)
  await expect(page.getByRole('button', { name: 'End the others' })).toHaveCount(0)

  watch.tolerated(/^status: 401 GET \/connection$/)
  await other.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Connection' }).click()
  await expect(heading(other)).toHaveText('You are not connected')
  await expect(other.locator('body')).not.toContainText('Bethany')
  await page.reload()
  await expect(heading(page)).toHaveText('Your connection')
})

test('Sign out here ends this browser’s session and no other', async ({ page, app, sandbox, watch, anotherBrowser, anotherApp }) => {
  const other = await twoBrowsers({ page, app, sandbox, anotherBrowser, anotherApp })
  const seats = await page.locator('.seats li').count()
  await page.getByRole('button', { name: 'Sign out here' }).click()
  await expect(heading(page)).toHaveText('Connect to PagerDuty, and see how it’s done.')
  watch.tolerated(/^status: 401 GET \/connection$/)
  await page.goto('/connection')
  await expect(heading(page)).toHaveText('You are not connected')
  await other.goto('/connection')
  await expect(other.locator('.seats li')).toHaveCount(seats - 1)
  await expect(state(other)).toHaveAttribute('data-state', 'connected')
})

test('sr_27 a connection ended at PagerDuty is noticed at the next check, and every page says so', async ({
  page,
  app,
  sandbox,
  watch,
  anotherBrowser,
  anotherApp,
}) => {
  watch.expected(/^status: 401 GET \/connection$/, /^status: 401 GET \/welcome$/, /^status: 401 GET \/how$/)
  const other = await anotherBrowser()
  await connect(other)
  await revoked({ page, app, sandbox, anotherBrowser, anotherApp })
  await other.goto('/how')
  await expect(heading(other)).toHaveText('Your connection was ended at PagerDuty')
  await expect(page.locator('main')).toContainText("You or an admin withdrew this app's access there")
  for (const place of ['/connection?note=checked', '/welcome?from=mail&x=%20y', '/how']) {
    await page.goto(place)
    await expect(heading(page)).toHaveText('Your connection was ended at PagerDuty')
    await expect(page.locator('body')).not.toContainText('Bethany')
  }
  // Back to the very page, with its query.
  await page.goto('/welcome?from=mail&x=%20y')
  await connectAgain(page)
  await expect(page).toHaveURL(/\/welcome\?from=mail&x=%20y$/)
  await expect(greeting(page)).toBeVisible()
  await page.goto('/connection')
  await expect(state(page)).toHaveAttribute('data-state', 'connected')
})

test('rf_11 after a lost reply the page asks to connect again soon, and the rest goes on', async ({ page, app, sandbox, anotherBrowser, anotherApp }) => {
  await replyLost({ page, app, sandbox, anotherBrowser, anotherApp })
  await expect(state(page)).toContainText('Connect again soon')
  await expect(stations(page)).toHaveText(['Connected', 'Access token ends'])
  await page.goto('/welcome')
  await expect(greeting(page)).toHaveText('Hello, Bethany Developer!')
  await expect(state(page)).toContainText('Connect again soon')
  await expect(page.locator('.hero')).toContainText('needs you')

  await connectAgain(page)
  await expect(page).toHaveURL(/\/welcome$/)
  await expect(state(page)).toHaveAttribute('data-state', 'connected')
})

test('rf_11 with the old token ended too, the page says that only connecting again helps', async ({ page, app, sandbox, anotherBrowser, anotherApp }) => {
  await replyLost({ page, app, sandbox, anotherBrowser, anotherApp }, 0)
  await expect(state(page)).toContainText('Your connection must be made again')
  await expect(page.getByRole('button', { name: 'Check it now' })).toHaveCount(0)
  await connectAgain(page)
  await expect(page).toHaveURL(/\/connection$/)
  await expect(state(page)).toHaveAttribute('data-state', 'connected')
})

test('rf_08 while PagerDuty is down nothing is lost, and when it is back it works', async ({ page, app, sandbox, anotherBrowser, anotherApp }) => {
  await down({ page, app, sandbox, anotherBrowser, anotherApp })
  await expect(note(page)).toHaveText(notAnswering)
  await expect(state(page)).toHaveAttribute('data-state', 'connected')
  await expect(state(page)).toContainText('Last trouble: PagerDuty answered with an error of its own, just now.')
  expect((await sandbox.tokens()).map(token => token.revoked)).toEqual([false, false])
  await page.goto('/welcome')
  await expect(greeting(page)).toBeVisible()
  await expect(state(page)).toContainText('Last trouble')

  await sandbox.clearFaults()
  await page.goto('/connection')
  await expect(async () => {
    await pressCheck({ page })
    await expect(note(page)).toContainText('the connection works', { timeout: 100 })
  }).toPass()
  await expect(state(page)).not.toContainText('Last trouble')
})

const answers = [
  { status: 500, says: notAnswering },
  { status: 429, says: 'PagerDuty asks to slow down. Wait a minute, then check again.' },
  { status: 403, says: 'PagerDuty answered, but does not let you see your own data. An admin can tell why.' },
]
for (const { status, says } of answers) {
  test(`rf_08 a check that PagerDuty answers with ${status} is told, and ends nothing`, async ({ page, sandbox }) => {
    await connect(page)
    await page.goto('/connection')
    await sandbox.fault({ path: '/users/me', status, times: 10 })
    await pressCheck({ page })
    await expect(note(page)).toHaveText(says)
    await sandbox.clearFaults()
    await pressCheck({ page })
    await expect(note(page)).toContainText('the connection works')
  })
}

for (const button of ['Check it now', 'End the others']) {
  test(`rf_20 who disconnects in one tab is told in the other by ${button}`, async ({ page, context, watch, anotherBrowser }) => {
    await connect(await anotherBrowser())
    await connect(page)
    const other = await context.newPage()
    await other.goto('/connection')
    await page.goto('/connection')
    await disconnect(page)
    await expect(heading(page)).toHaveText('You are disconnected')

    watch.expected(/^status: 401 GET \/connection$/)
    await other.getByRole('button', { name: button }).click()
    await expect(heading(other)).toHaveText('You are not connected')
    await expect(other.locator('body')).not.toContainText('Bethany')
    await connectAgain(other)
    await expect(other).toHaveURL(/\/connection$/)
  })
}

test('all of the connection page can be done with the keyboard', async ({ page }) => {
  await connect(page)
  await tabTo(page, page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Connection' }), 'Shift+Tab')
  await page.keyboard.press('Enter')
  await expect(heading(page)).toHaveText('Your connection')
  await tabTo(page, page.getByRole('button', { name: 'Check it now' }))
  await page.keyboard.press('Enter')
  await expect(note(page)).toContainText('the connection works')
  await tabTo(page, page.locator('summary', { hasText: 'Disconnect' }))
  await page.keyboard.press('Enter')
  await tabTo(page, page.getByRole('button', { name: 'Disconnect now' }))
  await page.keyboard.press('Space')
  await expect(heading(page)).toHaveText('You are disconnected')
})

test('a form that could not be answered leads to a page that says so', async ({ page }) => {
  const answer = await page.goto('/unavailable')
  expect(answer?.status()).toBe(200)
  await expect(heading(page)).toHaveText('This app cannot do that right now')
  await page.getByRole('link', { name: 'Go to the first page' }).click()
  await expect(heading(page)).toHaveText('Connect to PagerDuty, and see how it’s done.')
})
